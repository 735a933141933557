import { type Html, html, page } from './html.ts'

/**
 * What was typed is not shown again: the page says nothing that it was told.
 * @param openId offers to sign in by the installation's OpenID provider
 */
export function signInPage(message?: string, openId = false): Html {
  const problem = message === undefined ? undefined : html`<p class="problem" role="alert" id="problem">${message}</p>`
  return page(
    'Sign in',
    html`${problem}
<form method="post" action="/signin">
<p><label for="name">User name or email address</label>
<input id="name" name="name" type="text" autocomplete="username" required maxlength="320" autocapitalize="none"
 spellcheck="false"${message === undefined ? undefined : html` aria-describedby="problem"`}></p>
<p><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"></p>
<p><button type="submit">Sign in</button></p>
</form>${openId ? html`\n<p><a href="/signin/oidc">Sign in with your organization’s account</a></p>` : undefined}`,
  )
}
