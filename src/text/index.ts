export { clip } from './clip.ts'
export { fold } from './fold.ts'
export { hash32 } from './hash32.ts'
