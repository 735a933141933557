import type { MailboxError } from './errors.ts'
import type { ItemMailbox } from './items/index.ts'
import type { Mailbox } from './port.ts'

/** Appointments, contacts and tasks, and the connections behind them. */
export interface OpenItems {
  items: ItemMailbox
  close(): Promise<void>
}

/** One mailbox of two servers: mail by one, appointments, contacts and tasks by the other (B-1). */
export function joined(mail: Mailbox, beside: OpenItems): Mailbox {
  return {
    can: mail.can,
    items: beside.items,
    ...(mail.callbacks && { callbacks: mail.callbacks }),
    folders: () => mail.folders(),
    changes: (...call) => mail.changes(...call),
    headers: (...call) => mail.headers(...call),
    raw: (...call) => mail.raw(...call),
    ...(mail.meetings && { meetings: mail.meetings.bind(mail) }),
    find: (...call) => mail.find(...call),
    mark: (...call) => mail.mark(...call),
    move: (...call) => mail.move(...call),
    remove: (...call) => mail.remove(...call),
    createFolder: (...call) => mail.createFolder(...call),
    append: (...call) => mail.append(...call),
    send: (...call) => mail.send(...call),
    watch: (...call) => mail.watch(...call),
    close: async () => {
      await Promise.all([mail.close(), beside.close()])
    },
  }
}

/** Items of a server that was not to be had: whoever asks for them is told why. Mail goes on without them (MB-81). */
export function unreachableItems(why: MailboxError): OpenItems {
  const refuse = async () => {
    throw why
  }
  const items: ItemMailbox = {
    can: {
      event: 'none',
      contact: 'none',
      task: 'none',
      notify: [],
      choosesUid: false,
      keepsUid: false,
      respond: false,
      attachments: false,
      push: false,
      removals: 'exact',
      lacks: {},
    },
    folders: refuse,
    // oxlint-disable-next-line require-yield
    async *changes() {
      await refuse()
    },
    get: refuse,
    create: refuse,
    update: refuse,
    remove: refuse,
    respond: refuse,
    find: refuse,
    attachment: refuse,
  }
  return { items, close: () => Promise.resolve() }
}
