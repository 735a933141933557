export { type CardContact, readContact } from './readContact.ts'
export { type IcalEvent, type ReadOptions, readEvent } from './readEvent.ts'
export { patchContact, printContact } from './writeContact.ts'
export { patchEvent, printEvent, type WriteOptions } from './writeEvent.ts'
