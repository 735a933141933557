import { EwsFailure } from './failure.ts'

/** What a client keeps of its reading, opaque to it: of which folder, and up to which change. */
export function writeSyncState(folder: string, position: number): string {
  return Buffer.from(JSON.stringify({ version: 1, folder, position })).toString('base64')
}

/** @throws EwsFailure ErrorInvalidSyncStateData for what is none, or of another folder */
export function readSyncState(state: string, folder: string): number {
  const read = parse(state)
  if (read?.version !== 1 || read.folder !== folder || !Number.isSafeInteger(read.position))
    throw new EwsFailure('ErrorInvalidSyncStateData')
  return read.position as number
}

function parse(state: string): { version?: unknown; folder?: unknown; position?: unknown } | undefined {
  try {
    return JSON.parse(Buffer.from(state, 'base64').toString()) as { version?: unknown } | undefined
  } catch {
    // No state of ours.
    return undefined
  }
}
