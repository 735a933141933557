import { badRequest } from './error.ts'
import type { GraphRequest } from './request.ts'

/** The MIME source of a body of type `text/plain`, in base64; undefined for other types. @throws GraphError 400 */
export function readMime({ body, headers }: GraphRequest): Buffer | undefined {
  if (!/^text\/plain/i.test(headers['content-type'] ?? '')) return undefined
  const text = body.toString('latin1').replaceAll(/\s+/g, '')
  if (!text || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw badRequest('Invalid base64 string for MIME content.', 'ErrorMimeContentInvalidBase64String')
  const mime = Buffer.from(text, 'base64')
  if (!/^[!-9;-~]+[ \t]*:/.test(mime.subarray(0, 998).toString('latin1')))
    throw badRequest('The MIME content is invalid.', 'ErrorMimeContentInvalid')
  return mime
}
