import { Agent, request } from 'undici'
import { AddressRefused, faultOf, guardedLookup, type Networks } from './address.ts'

/** What came of one attempt. */
export interface Attempt {
  ok: boolean
  status?: number
  error?: string
}

/** The receiver says that nobody listens any longer (410): nothing is tried again. */
export const GONE = 410

/**
 * One POST. Redirects are not followed, the answer is not read beyond its status, and the connection goes to an address
 * that was checked.
 */
export async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { networks, timeout }: { networks: Networks; timeout: number },
): Promise<Attempt> {
  const fault = faultOf(url, networks)
  if (fault !== undefined) return { ok: false, error: `The address ${fault}.` }
  const agent = new Agent({
    connect: { lookup: guardedLookup(networks), timeout },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: 1024 * 1024,
  })
  try {
    const answer = await request(url, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
      signal: AbortSignal.timeout(timeout),
    })
    answer.body.on('error', () => undefined).destroy()
    const { statusCode: status } = answer
    if (status >= 200 && status < 300) return { ok: true, status }
    const moved = status >= 300 && status < 400 ? ' Redirects are not followed: give the address that it leads to.' : ''
    return { ok: false, status, error: `The receiver answered ${status}.${moved}` }
  } catch (error) {
    return { ok: false, error: reasonOf(error, timeout) }
  } finally {
    await agent.destroy()
  }
}

function reasonOf(error: unknown, timeout: number): string {
  const inner = error instanceof AddressRefused ? error : (error as { cause?: unknown }).cause
  if (inner instanceof AddressRefused) return `The address ${inner.message}.`
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  if (name === 'TimeoutError' || /TIMEOUT/.test(code ?? '')) return `No answer within ${timeout / 1000} seconds.`
  return `The receiver could not be reached: ${code ?? message ?? 'unknown'}.`.slice(0, 300)
}
