export { type IcalEvent, type ReadOptions, readEvent } from './readEvent.ts'
export { patchEvent, printEvent, type WriteOptions } from './writeEvent.ts'
