import { Failure, type FailureCode } from '../model/index.ts'
import { messageXml, NAMESPACES } from './envelope.ts'
import { EwsFailure, SoapFault } from './failure.ts'
import { type Content, tag, type Xml } from './xml.ts'

/** The answer of an operation: one message for each thing asked for. */
export function answer(operation: string, messages: readonly Xml[]): Xml {
  return tag(`m:${operation}Response`, NAMESPACES, tag('m:ResponseMessages', {}, messages))
}

/** The message of something that went well. */
export function success(operation: string, ...content: readonly Content[]): Xml {
  return tag(
    `m:${operation}ResponseMessage`,
    { ResponseClass: 'Success' },
    tag('m:ResponseCode', {}, 'NoError'),
    content,
  )
}

/** The message of something that Exchange refuses. */
export function refusal(operation: string, failure: EwsFailure, ...content: readonly Content[]): Xml {
  return tag(
    `m:${operation}ResponseMessage`,
    { ResponseClass: 'Error' },
    tag('m:MessageText', {}, failure.message),
    tag('m:ResponseCode', {}, failure.code),
    tag('m:DescriptiveLinkKey', {}, 0),
    messageXml(failure, 'm:MessageXml'),
    content,
  )
}

export interface Each {
  /** What stands in the message of something that failed. */
  empty?: Content
  /** What the model's refusals are called here. */
  codes?: Partial<Record<FailureCode, string>>
}

/** Does something for each, one after the other; what fails does not keep the others from being done. */
export async function forEach<T>(
  operation: string,
  things: readonly T[],
  act: (thing: T) => Promise<Content> | Content,
  { empty, codes = {} }: Each = {},
): Promise<Xml[]> {
  const messages: Xml[] = []
  for (const thing of things) {
    try {
      messages.push(success(operation, await act(thing)))
    } catch (error) {
      messages.push(refusal(operation, asRefusal(error, codes), empty))
    }
  }
  return messages
}

const CODES: Readonly<Record<FailureCode, string>> = {
  notFound: 'ErrorItemNotFound',
  conflict: 'ErrorIrresolvableConflict',
  exists: 'ErrorFolderExists',
  invalid: 'ErrorInvalidRequest',
  denied: 'ErrorAccessDenied',
  cursorLost: 'ErrorInvalidSyncStateData',
}

/** What an error means to EWS; what is no refusal is thrown on. */
function asRefusal(error: unknown, codes: Partial<Record<FailureCode, string>> = {}): EwsFailure {
  if (error instanceof SoapFault) throw error
  if (error instanceof EwsFailure) return error
  if (!(error instanceof Failure)) throw error
  const code = codes[error.code] ?? CODES[error.code]
  return error.code === 'invalid' ? new EwsFailure(code, error.message) : new EwsFailure(code)
}
