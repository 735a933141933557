import { z } from 'zod'
import { isBelowInbox } from '#incoming'
import type { Folder } from '#mailbox'
import { referenceOf } from '#mailboxes'
import { RecordError, type Row } from '#records'
import { removeMapping, saveMapping } from '#sync'
import type { Call } from '../api/call.ts'
import { id, reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference, record, showReference } from './references.ts'
import { requireMailboxWrite } from './rights.ts'

const path = text(1000)

const folder = z.object({
  FolderPath: z.string(),
  Use: z.string().optional(),
  CanBeMapped: z.boolean(),
  Mapping: z
    .object({ MappingId: id, Regarding: record.optional(), AlwaysReapply: z.boolean(), State: z.string() })
    .optional(),
})

const retrieveFolders = operation({
  name: 'RetrieveMailboxFolders',
  kind: 'function',
  says: 'The folders of a mailbox as its server lists them, with their mappings (FT-10 … FT-17).',
  input: z.strictObject({ MailboxId: id }),
  output: z.object({ value: z.array(folder) }),
  async run(call, input) {
    await requireMailboxWrite(call, input.MailboxId, 'Listing folders')
    const listed = await foldersOf(call, input.MailboxId)
    const mappings = new Map((await mappingsOf(call, input.MailboxId)).map((row) => [row['exchangefolderid'], row]))
    return { value: listed.map((each) => show(call, each, listed, mappings.get(each.id))) }
  },
})

const setMapping = operation({
  name: 'SetFolderMapping',
  kind: 'action',
  says: 'Tracks what lies in a folder, optionally against a record (FT-11).',
  input: z.strictObject({
    MailboxId: id,
    FolderPath: path.describe('Names from the top, separated by /'),
    Regarding: reference.optional(),
    AlwaysReapply: z.boolean().default(false),
  }),
  output: z.object({ MappingId: id }),
  async run(call, input) {
    const MappingId = await saveMapping(call.regarding, call.principal, {
      mailboxId: input.MailboxId,
      folderPath: input.FolderPath,
      alwaysReapply: input.AlwaysReapply,
      ...(input.Regarding ? { regarding: readReference(call, input.Regarding) } : {}),
    })
    return { MappingId }
  },
})

const removeMappingOperation = operation({
  name: 'RemoveFolderMapping',
  kind: 'action',
  says: 'Removes the mapping of a folder; what was tracked stays tracked (FT-40).',
  input: z.strictObject({ MailboxId: id, FolderPath: path }),
  output: nothing,
  async run(call, input) {
    await removeMapping(call.regarding, call.principal, input.MailboxId, input.FolderPath)
    return {}
  },
})

async function foldersOf({ regarding }: Call, mailboxId: string): Promise<Folder[]> {
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const mailbox = await regarding.connect(setup)
  try {
    return await mailbox.folders()
  } finally {
    await mailbox.close()
  }
}

async function mappingsOf({ access }: Call, mailboxId: string): Promise<Row[]> {
  const page = await access.query({
    table: 'mailboxtrackingfolder',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [mailboxId] }],
    },
    top: 100,
  })
  return page.rows
}

const STATES = ['Valid', 'Invalid', 'Disabled'] as const

function show(call: Call, of: Folder, all: readonly Folder[], mapping: Row | undefined): z.input<typeof folder> {
  const regarding = mapping && referenceOf(mapping, 'regardingobjectid')
  return {
    FolderPath: of.path.join('/'),
    CanBeMapped: isBelowInbox(of, all),
    ...(of.use ? { Use: of.use } : {}),
    ...(mapping
      ? {
          Mapping: {
            MappingId: String(mapping['mailboxtrackingfolderid']),
            AlwaysReapply: mapping['alwaysreapply'] === true,
            State: STATES[Number(mapping['mappingstate'])] ?? 'Valid',
            ...(regarding ? { Regarding: showReference(call, regarding) } : {}),
          },
        }
      : {}),
  }
}

export const folderOperations = [retrieveFolders, setMapping, removeMappingOperation]
