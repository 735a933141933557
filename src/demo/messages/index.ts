import { isToday } from '../calendar.ts'
import { choices } from './choices.ts'
import { Correspondence } from './correspondence.ts'
import { deals } from './deals.ts'
import { everyday } from './everyday.ts'
import { folders } from './folders.ts'
import { machines } from './machines.ts'
import { oddities } from './oddities.ts'
import { office } from './office.ts'
import { sales } from './sales.ts'
import { sealed } from './sealed.ts'
import { serviceDesk } from './serviceDesk.ts'
import type { Story } from './story.ts'

/** Everything that was written for the demo. */
export const STORIES: readonly Story[] = [
  ...deals,
  ...serviceDesk,
  ...sales,
  ...choices,
  ...folders,
  ...office,
  ...sealed,
  ...oddities,
  ...machines,
  ...everyday,
]

export const LETTERS = STORIES.flatMap((story) => story.letters)

/** What had arrived before today, and what arrives while the demo runs. */
export const HISTORY = LETTERS.filter((letter) => !isToday(letter.when))
export const OF_TODAY = LETTERS.filter((letter) => isToday(letter.when))

export const CORRESPONDENCE = new Correspondence(LETTERS)
