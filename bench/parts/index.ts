import type { Part } from '../part.ts'
import { api } from './api.ts'
import { arrival } from './arrival.ts'
import { backfill } from './backfill.ts'
import { correlate } from './correlate.ts'
import { directions } from './directions.ts'
import { exchange } from './exchange.ts'
import { filters } from './filters.ts'
import { idle } from './idle.ts'
import { itemRequests } from './itemRequests.ts'
import { items } from './items.ts'
import { memory } from './memory.ts'
import { parsing } from './parsing.ts'
import { push } from './push.ts'
import { rights } from './rights.ts'
import { schedule } from './schedule.ts'
import { search } from './search.ts'
import { subscriptions } from './subscriptions.ts'

export const parts: readonly Part[] = [
  backfill,
  exchange,
  items,
  itemRequests,
  filters,
  directions,
  parsing,
  idle,
  schedule,
  arrival,
  push,
  correlate,
  search,
  rights,
  api,
  memory,
  subscriptions,
]
