import type { Access, Row } from '#records'

/** The active mailboxes that the user owns and are the user's own, not a queue's. */
export async function ownMailboxes(access: Access): Promise<Row[]> {
  const page = await access.query({
    table: 'mailbox',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'ownerid', operator: 'eq-userid', values: [] },
        { kind: 'condition', column: 'kind', operator: 'eq', values: [0] },
      ],
    },
    order: [{ column: 'name' }],
    top: 20,
  })
  return page.rows
}
