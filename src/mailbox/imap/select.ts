import type { Response } from './response.ts'
import { textOf } from './response.ts'
import { quote, type Session } from './session.ts'

/** A folder as the server described it when it was selected. */
export interface Selected {
  name: string
  uidValidity: number
  uidNext: number
  exists: number
  /** HIGHESTMODSEQ; undefined where the server or the folder counts no changes (RFC 7162). */
  modSeq: bigint | undefined
  /** Flags that stay; `\*` when new keywords may be made. */
  permanentFlags: readonly string[]
  readOnly: boolean
}

/** Selects a folder. Returns the server's refusal when it is not OK; then nothing is selected. */
export async function select(session: Session, name: string): Promise<Selected | Response> {
  const selected = {
    name,
    uidValidity: 0,
    uidNext: 0,
    exists: 0,
    modSeq: undefined as bigint | undefined,
    permanentFlags: [] as readonly string[],
    readOnly: false,
  }
  let flags: readonly string[] = []
  let permanent = false
  const onUntagged = (response: Response) => {
    if (response.name === 'EXISTS') selected.exists = response.number
    if (response.name === 'FLAGS' && Array.isArray(response.values[0])) {
      flags = response.values[0].flatMap((flag) => textOf(flag) ?? [])
    }
    if (response.code === 'UIDVALIDITY') selected.uidValidity = Number(response.codeText)
    if (response.code === 'UIDNEXT') selected.uidNext = Number(response.codeText)
    if (response.code === 'HIGHESTMODSEQ' && session.has('CONDSTORE')) selected.modSeq = BigInt(response.codeText)
    if (response.code === 'PERMANENTFLAGS') {
      permanent = true
      selected.permanentFlags = response.codeText.replaceAll(/[()]/g, '').split(' ').filter(Boolean)
    }
  }
  const answer = await session.run(['SELECT ', quote(name)], { onUntagged })
  if (answer.name !== 'OK') return answer
  // RFC 9051 7.1: without PERMANENTFLAGS all flags stay.
  if (!permanent) selected.permanentFlags = flags
  selected.readOnly = answer.code === 'READ-ONLY'
  return selected
}
