/**
 * Whether all that is wrong is a character that no XML may hold. Exchange writes such as `&#x1F;` where a subject holds
 * one, and one message must not take all others of its page with it (SC-56).
 * @param message what saxes says, which then goes on with the text as it was written
 */
export function isForeignCharacter({ message }: Error): boolean {
  return message.endsWith('malformed character entity.') || message.endsWith('disallowed character.')
}

/** The text with U+FFFD for each of them. */
export function withoutForeignCharacters(text: string): string {
  return text.replaceAll(FOREIGN, '\ufffd')
}

const FOREIGN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]|&#(?:\d{1,10}|x[0-9a-fA-F]{1,10});/gu
