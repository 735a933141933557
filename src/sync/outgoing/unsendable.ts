/** An email that cannot be made into a message; names the party or attachment, and the remedy is the alert's (OE-42). */
export class Unsendable extends Error {
  override readonly name = 'Unsendable'
  readonly code: 'PartyWithoutAddress' | 'AttachmentMissing'

  constructor(code: Unsendable['code'], message: string) {
    super(message)
    this.code = code
  }
}
