export { type AnswerKind, draftAnswer } from './answer.ts'
export { attachFile, type NewFile } from './attach.ts'
export { conclude as concludeSending } from './conclude.ts'
export type { OutgoingCycle, OutgoingDependencies } from './context.ts'
export { type OutgoingOptions, type OutgoingOutcome, runOutgoing } from './cycle.ts'
export { confirmSent, sendAgain, withdrawEmail } from './decisions.ts'
export { type Delivery, deliveryOf, outgoingObstacle } from './delivery.ts'
export {
  type DirectEmail,
  instantiateTemplate,
  MOST_RECIPIENTS as MOST_DIRECT_RECIPIENTS,
  sendDirectEmail,
} from './direct.ts'
export { refuseStatus } from './guard.ts'
export { type DeliveryReason, deliveryReasons } from './reasons.ts'
export { type SubmitOptions, type Submitted, submitEmail } from './submit.ts'
export { outgoingTables } from './tables.ts'
