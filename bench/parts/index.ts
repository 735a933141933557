import type { Part } from '../part.ts'
import { api } from './api.ts'
import { arrival } from './arrival.ts'
import { backfill } from './backfill.ts'
import { correlate } from './correlate.ts'
import { idle } from './idle.ts'
import { memory } from './memory.ts'
import { rights } from './rights.ts'
import { schedule } from './schedule.ts'
import { search } from './search.ts'

export const parts: readonly Part[] = [backfill, idle, schedule, arrival, correlate, search, rights, api, memory]
