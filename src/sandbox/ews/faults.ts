import type { Fault } from '../model/index.ts'
import { SoapFault } from './failure.ts'

export interface FaultAnswer {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Without it the answer has no body, as one of IIS or a proxy. */
  soap?: SoapFault
}

export const isCut = (fault: Fault): boolean => fault.kind === 'cutBefore'
export const isCutAfter = (fault: Fault): boolean => fault.kind === 'cutAfter'

/** What a fault answers in place of the operation; nothing for those that leave it its course. */
export function faultOf(fault: Fault): FaultAnswer | undefined {
  switch (fault.kind) {
    case 'unauthorized':
      return { status: 401, headers: { 'WWW-Authenticate': 'NTLM' } }
    case 'unavailable':
      return { status: 503, headers: retryAfter(fault.retryAfter) }
    case 'throttled':
      return { status: 500, headers: {}, soap: busy((fault.retryAfter ?? 30) * 1000) }
    case 'serverBusy':
      return { status: 500, soap: busy(fault.backOff) }
    case 'error':
      return { status: fault.status, soap: new SoapFault(fault.code, fault.message) }
    case 'slow':
    case 'cutBefore':
    case 'cutAfter':
    case 'cursorLost':
    case 'notificationLost':
    case 'notificationDoubled':
    case 'notificationLate':
      return undefined
  }
}

function busy(milliseconds: number): SoapFault {
  return new SoapFault('ErrorServerBusy', undefined, { values: { BackOffMilliseconds: String(milliseconds) } })
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) }
}
