import type { ItemBase } from './base.ts'
import type { Contact } from './contact.ts'
import type { CalendarEvent } from './event.ts'
import type { Message } from './message.ts'
import type { Task } from './task.ts'

export type Item = Message | CalendarEvent | Contact | Task
export type ItemKind = Item['kind']

/** What whoever makes an item says of it; the mailbox adds the rest. */
export type New<T extends Item> = Omit<T, keyof ItemBase> & Partial<Pick<ItemBase, 'categories' | 'properties'>>

/** What may be changed of an item. */
export type Patch<T extends Item> = Partial<Omit<T, Exclude<keyof ItemBase, 'categories' | 'properties'> | 'kind'>>
