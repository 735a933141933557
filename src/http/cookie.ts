import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttps } from './place.ts'

/** A `__Host-` cookie cannot be set by a neighbouring subdomain; browsers take it over https only (RFC 6265bis §4.1.3). */
function cookieName(request: FastifyRequest): string {
  return isHttps(request) ? '__Host-regarding' : 'regarding'
}

/** What the browser presents, when its signature is ours: forged cookies never reach the database. */
export function sessionSecret(request: FastifyRequest): string | undefined {
  return unsigned(request, cookieName(request))
}

function unsigned(request: FastifyRequest, name: string): string | undefined {
  const given = request.cookies[name]
  if (given === undefined || given.length > 200) return undefined
  const { valid, value } = request.unsignCookie(given)
  return valid && value !== null ? value : undefined
}

/** Binds a sign-in at the provider to the browser that began it. */
export function giveShortCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  reply.setCookie(`${cookieName(request)}-signin`, secret, { ...attributes(request), maxAge: 600 })
}

export function shortCookie(request: FastifyRequest): string | undefined {
  return unsigned(request, `${cookieName(request)}-signin`)
}

export function takeShortCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(`${cookieName(request)}-signin`, attributes(request))
}

export function giveCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  reply.setCookie(cookieName(request), secret, attributes(request))
}

export function takeCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(request), attributes(request))
}

function attributes(request: FastifyRequest) {
  return { signed: true, httpOnly: true, sameSite: 'lax', secure: isHttps(request), path: '/' } as const
}
