/** `P1DT2H30M`, in seconds (RFC 5545 §3.3.6); undefined for what is no duration. */
export function durationOf(text: string | undefined): number | undefined {
  const match = /^([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/.exec(
    text ?? '',
  )
  if (!match) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0))
  const size = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  return match[1] === '-' ? -size : size
}
