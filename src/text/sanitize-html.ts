import sanitize from 'sanitize-html'
import { clip } from './clip.ts'

export interface SanitizeOptions {
  /** Pictures may be loaded from the net. Off unless the reader asks: a picture tells its sender who reads when. */
  remoteContent?: boolean
}

/**
 * HTML of a stranger made harmless for display (T-90): only what lays out text stays, by a list of what is allowed. No
 * scripts, forms, frames, event handlers, positioned or invisible layers, and nothing loaded from the net unless asked;
 * pictures inside the message (`cid:`, small `data:`) stay, links open elsewhere and tell nobody where they come from.
 * Show it in a sandboxed frame under a content security policy all the same.
 */
export function sanitizeHtml(html: string, options: SanitizeOptions = {}): string {
  return sanitize(clip(html, MAX_HTML), options.remoteContent ? WITH_REMOTE : WITHOUT_REMOTE)
}

const MAX_HTML = 20_000_000

const COLOR = /^(?:#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([\d\s.,%/]{5,40}\))$/i
const LENGTH = /^-?(?:\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(?:px|pt|em|rem|ex|ch|cm|mm|in|pc|%)?$/i
const POSITIVE_LENGTH = /^(?:\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(?:px|pt|em|rem|ex|ch|cm|mm|in|pc|%)?$/i
const LENGTHS = /^(?:(?:auto|(?:\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(?:px|pt|em|rem|ex|ch|cm|mm|in|pc|%)?)\s*){1,4}$/i
const BORDER =
  /^(?:(?:#[0-9a-f]{3,8}|[a-z]{3,20}|\d{1,3}(?:\.\d{1,4})?(?:px|pt|em)?|rgba?\([\d\s.,%/]{5,40}\))\s*){1,3}$/i
const WORD = /^[a-z-]{1,30}$/i
const FONTS = /^[\w\s,'"-]{1,200}$/

const sides = (name: string, values: RegExp[]) =>
  Object.fromEntries(['', '-top', '-right', '-bottom', '-left'].map((side) => [name + side, values]))

const STYLES: Record<string, RegExp[]> = {
  color: [COLOR],
  'background-color': [COLOR],
  background: [COLOR],
  'font-family': [FONTS],
  'font-size': [POSITIVE_LENGTH, /^(?:xx?-)?(?:small|large)$|^(?:medium|smaller|larger)$/i],
  'font-weight': [WORD, /^\d{3}$/],
  'font-style': [WORD],
  'font-variant': [WORD],
  'line-height': [POSITIVE_LENGTH, /^normal$/i],
  'letter-spacing': [LENGTH, /^normal$/i],
  'text-align': [WORD],
  'text-decoration': [WORD],
  'text-indent': [LENGTH],
  'text-transform': [WORD],
  'vertical-align': [WORD, LENGTH],
  'white-space': [WORD],
  'word-break': [WORD],
  'overflow-wrap': [WORD],
  direction: [/^(?:ltr|rtl)$/i],
  'list-style-type': [WORD],
  width: [POSITIVE_LENGTH, /^auto$/i],
  'max-width': [POSITIVE_LENGTH, /^none$/i],
  'min-width': [POSITIVE_LENGTH],
  height: [POSITIVE_LENGTH, /^auto$/i],
  'border-collapse': [WORD],
  'border-spacing': [LENGTHS],
  'border-radius': [LENGTHS],
  'border-color': [COLOR],
  'border-style': [WORD],
  'border-width': [LENGTHS],
  display: [/^(?:block|inline|inline-block|table|table-row|table-cell|none)$/i],
  ...sides('margin', [LENGTHS]),
  ...sides('padding', [LENGTHS]),
  ...sides('border', [BORDER]),
}

const INLINE_PICTURE = /^data:image\/(?:png|jpeg|jpg|gif|webp|bmp);base64,[a-z0-9+/=\s]*$/i
const TABLE_ATTRIBUTES = ['align', 'valign', 'width', 'height', 'bgcolor']

const WITHOUT_REMOTE: sanitize.IOptions = {
  allowedTags: (
    'a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em ' +
    'figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section small ' +
    'span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr'
  ).split(' '),
  allowedAttributes: {
    '*': ['style', 'dir', 'lang', 'title', 'align'],
    a: ['href', 'name', 'target', 'rel'],
    img: ['src', 'alt', 'width', 'height', 'border'],
    font: ['color', 'face', 'size'],
    table: [...TABLE_ATTRIBUTES, 'border', 'cellpadding', 'cellspacing'],
    td: [...TABLE_ATTRIBUTES, 'colspan', 'rowspan'],
    th: [...TABLE_ATTRIBUTES, 'colspan', 'rowspan', 'scope'],
    tr: TABLE_ATTRIBUTES,
    col: ['span', 'width'],
    colgroup: ['span', 'width'],
    ol: ['start', 'type', 'reversed'],
    ul: ['type'],
    li: ['value'],
  },
  allowedStyles: { '*': STYLES },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['cid', 'data'] },
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  nonTextTags: ['script', 'style', 'title', 'textarea', 'option', 'noscript', 'template', 'xmp', 'noframes', 'iframe'],
  nestingLimit: 500,
  transformTags: {
    a: (tagName, attributes) => ({
      tagName,
      attribs:
        'href' in attributes ? { ...attributes, target: '_blank', rel: 'noopener noreferrer nofollow' } : attributes,
    }),
  },
  exclusiveFilter: (frame) => frame.tag === 'img' && !isHarmlessPicture(frame.attribs.src ?? '', false),
}

const WITH_REMOTE: sanitize.IOptions = {
  ...WITHOUT_REMOTE,
  allowedSchemesByTag: { img: ['cid', 'data', 'https', 'http'] },
  exclusiveFilter: (frame) => frame.tag === 'img' && !isHarmlessPicture(frame.attribs.src ?? '', true),
}

function isHarmlessPicture(source: string, remote: boolean): boolean {
  return /^cid:/i.test(source) || INLINE_PICTURE.test(source) || (remote && /^https?:\/\//i.test(source))
}
