/**
 * The first `characters` UTF-16 units of a text, one less where the cut would split a surrogate pair: what is stored is
 * always well-formed Unicode, which PostgreSQL insists on.
 */
export function clip(text: string, characters: number): string {
  if (text.length <= characters) return text
  if (characters <= 0) return ''
  const last = text.charCodeAt(characters - 1)
  const splitsPair = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, splitsPair ? characters - 1 : characters)
}
