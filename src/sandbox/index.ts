export * from './ews/index.ts'
export * from './model/index.ts'
