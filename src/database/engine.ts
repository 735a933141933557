import type pg from 'pg'

/** Everything in which the two engines differ. The rest of this room knows only this. */
export interface Engine {
  readonly kind: 'embedded' | 'server'
  readonly pool: pg.Pool
  /** A pool whose statements the server gives up after so many milliseconds; without it none can be given up. */
  readonly limited?: (milliseconds: number) => pg.Pool
  readonly notifier: Notifier
  /** Where large blobs lie as files; without it they lie in the database. */
  readonly blobDirectory?: string
  close(): Promise<void>
}

/** Carries wake-ups, which hold no state. */
export interface Notifier {
  notify(channel: string, payload: string): Promise<void>
  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
