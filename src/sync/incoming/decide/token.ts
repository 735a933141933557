/** The numbers from which tokens are made (T-50). */
export interface TokenFormat {
  /** 1 to 20 characters. */
  prefix: string
  /** Least number of digits, 1 to 10. */
  userDigits: number
  /** Least number of digits, 1 to 9. */
  counterDigits: number
}

/** Longest run of digits read after a prefix: designator, user number and counter together. */
const MOST_DIGITS = 30

/**
 * A tracking token, e.g. `CRM:0001001` (T-50, T-51). Numbers longer than their digits are not cut.
 * @throws RangeError when a number is negative or not whole.
 */
export function formatToken(
  format: TokenFormat,
  token: { offline?: boolean; userNumber: number; counter: number },
): string {
  const designator = token.offline ? '1' : '0'
  return `${format.prefix}${designator}${padded(token.userNumber, format.userDigits)}${padded(token.counter, format.counterDigits)}`
}

function padded(value: number, digits: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a number of a token`)
  return String(value).padStart(digits, '0')
}

/** User number: base plus the user's ordinal, the first user being 1 (T-51). */
export function tokenUserNumber(base: number, ordinal: number): number {
  return base + ordinal
}

/**
 * The next counter of a user and the token it gives. Counters start at 1 and grow beyond their digits instead of
 * starting over (B-53 in place of T-52). In organizations whose user numbers have outgrown their digits too, counters
 * whose token could be read as another user's are passed over, so that no two activities share one.
 */
export function nextToken(
  format: TokenFormat,
  user: { userNumber: number; lastCounter: number; offline?: boolean; highestUserNumber?: number },
): { token: string; counter: number } {
  const { userNumber, offline = false, highestUserNumber = userNumber } = user
  const widestUser = String(highestUserNumber).length
  const stride = 10 ** format.counterDigits
  let counter = user.lastCounter + 1
  // Counters up to the next round one would be read in the same wrong way.
  while (!isOwn(format, userNumber, counter, widestUser)) counter = (Math.floor(counter / stride) + 1) * stride
  return { token: formatToken(format, { offline, userNumber, counter }), counter }
}

/** Of all ways to read the digits, the one with the longest user number is meant. */
function isOwn(
  { userDigits, counterDigits }: TokenFormat,
  userNumber: number,
  counter: number,
  widestUser: number,
): boolean {
  const user = padded(userNumber, userDigits)
  const digits = user + padded(counter, counterDigits)
  for (let end = Math.min(digits.length - counterDigits, widestUser); end > user.length; end--)
    if (isNumber(digits.slice(0, end), userDigits) && isNumber(digits.slice(end), counterDigits)) return false
  return true
}

/** As `padded` writes it: longer than its digits only without leading zero, and never 0. */
function isNumber(text: string, digits: number): boolean {
  return Number(text) > 0 && (text.length === digits || (text.length > digits && !text.startsWith('0')))
}

/**
 * The token in a subject: any prefix ever used, in any letter case, followed by digits; the last one wins, and of two
 * prefixes ending at the same place the longer (T-54, T-55). Given back with the prefix as configured.
 */
export function findToken(subject: string, prefixes: readonly string[]): string | undefined {
  const lower = subject.toLowerCase()
  let best: { start: number; digits: number; token: string } | undefined
  for (const prefix of prefixes) {
    if (!prefix) continue
    const lowered = prefix.toLowerCase()
    for (let at = lower.lastIndexOf(lowered); at >= 0; at = at ? lower.lastIndexOf(lowered, at - 1) : -1) {
      const digits = digitsAt(lower, at + lowered.length)
      if (!digits) continue
      const found = { start: at, digits: at + lowered.length, token: prefix + digits }
      if (!best || found.digits > best.digits || (found.digits === best.digits && found.start < best.start))
        best = found
      break
    }
  }
  return best?.token
}

function digitsAt(text: string, from: number): string {
  let end = from
  while (end < text.length && end - from < MOST_DIGITS && text[end] !== undefined && /[0-9]/.test(text[end] as string))
    end++
  return text.slice(from, end)
}
