import * as z from 'zod'

/** The organization that synchronizes the items of a mailbox. */
export interface Holder {
  organization: string
  /** For people. */
  name: string
  /** When it last said so. */
  on: Date
}

/** What the mailbox itself keeps about that, so that two organizations never both do (MB-77). */
export interface HolderMark {
  /** Undefined when there is none, or one that nobody can read. */
  read(): Promise<Holder | undefined>
  /** In the place of what was there. */
  write(holder: Holder): Promise<void>
}

/** The property that holds it: of the Inbox where it is one of MAPI, so that what Graph wrote EWS reads; a dead one of DAV. */
export const HELD_IN = { set: '5f3e0f4c-8d0b-4f7a-9c1e-2b6a7d94c0de', name: 'RegardingHolder' } as const

const MOST_NAME = 160
const written = z.object({ organization: z.string().max(100), name: z.string().max(MOST_NAME), on: z.iso.datetime() })

export function printHolder({ organization, name, on }: Holder): string {
  return JSON.stringify({ organization, name: name.slice(0, MOST_NAME), on: on.toISOString() })
}

export function readHolder(text: string | undefined): Holder | undefined {
  if (text === undefined || text.length > 2_000) return undefined
  const parsed = written.safeParse(parse(text))
  return parsed.success ? { ...parsed.data, on: new Date(parsed.data.on) } : undefined
}

/** A text that is none of ours says nothing. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
