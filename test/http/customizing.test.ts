import { DynamicsWebApi } from 'dynamics-web-api'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

/** Tables and columns by the API, in Dataverse's metadata shapes; see docs/web-api.md. */

let site: Site
let admin: Client
let anna: Client
let api: DynamicsWebApi
beforeAll(async () => {
  site = await openSite({ requestsPerMinute: 100_000 })
  admin = await site.as(site.administrator)
  anna = await site.as(site.anna)
  const token = await site.token(site.administrator)
  api = new DynamicsWebApi({
    serverUrl: site.url,
    dataApi: { version: '9.2' },
    onTokenRefresh: () => Promise.resolve(token),
  })
})
afterAll(() => site.close())

const CRM = 'Microsoft.Dynamics.CRM.'
const label = (text: string) => ({
  '@odata.type': `${CRM}Label`,
  LocalizedLabels: [{ '@odata.type': `${CRM}LocalizedLabel`, Label: text, LanguageCode: 1033 }],
})
const primary = (schema: string) => ({
  '@odata.type': `${CRM}StringAttributeMetadata`,
  SchemaName: schema,
  IsPrimaryName: true,
  MaxLength: 100,
  FormatName: { Value: 'Text' },
  RequiredLevel: { Value: 'None', CanBeChanged: true },
  DisplayName: label('Name'),
})
const tableOf = (schema: string, more: object = {}) => ({
  '@odata.type': `${CRM}EntityMetadata`,
  SchemaName: schema,
  DisplayName: label(schema),
  DisplayCollectionName: label(`${schema} things`),
  Description: label('Made by a test'),
  OwnershipType: 'UserOwned',
  HasActivities: true,
  HasNotes: false,
  IsActivity: false,
  Attributes: [primary(`${schema}Name`)],
  ...more,
})
const definitions = `${API}/EntityDefinitions`
const put = (path: string, body: object) =>
  admin.send(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const remove = (path: string) => admin.send(path, { method: 'DELETE' })
const declare = (schema: string, more: object = {}) => admin.post(definitions, tableOf(schema, more))

test('Customization: a Dataverse client makes a table, columns of each type, and a relationship, and uses them', async () => {
  const entity = await api.createEntity({ data: tableOf('new_Project') as never })
  expect(entity).toMatch(/^[0-9a-f-]{36}$/)
  const optionSet = await api.createGlobalOptionSet({
    data: {
      '@odata.type': `${CRM}OptionSetMetadata`,
      Name: 'new_size',
      DisplayName: label('Size'),
      OptionSetType: 'Picklist',
      Options: [
        { Value: 1, Label: label('Small') },
        { Value: 2, Label: label('Large') },
      ],
    } as never,
  })
  const columns: object[] = [
    { type: 'String', SchemaName: 'new_Contactmail', MaxLength: 100, FormatName: { Value: 'Email' } },
    { type: 'Memo', SchemaName: 'new_Notes', MaxLength: 4000 },
    { type: 'Integer', SchemaName: 'new_Count', MinValue: 0, MaxValue: 10 },
    { type: 'Decimal', SchemaName: 'new_Share' },
    { type: 'Money', SchemaName: 'new_Budget' },
    { type: 'Boolean', SchemaName: 'new_Urgent', DefaultValue: true },
    { type: 'DateTime', SchemaName: 'new_Begins' },
    { type: 'DateTime', SchemaName: 'new_Due', Format: 'DateOnly' },
    { type: 'Picklist', SchemaName: 'new_Stage', OptionSet: { Options: [{ Value: 10, Label: label('First') }] } },
    { type: 'MultiSelectPicklist', SchemaName: 'new_Tags', OptionSet: { Options: [{ Value: 1, Label: label('A') }] } },
    {
      type: 'Picklist',
      SchemaName: 'new_Size',
      'GlobalOptionSet@odata.bind': `/GlobalOptionSetDefinitions(${String(optionSet)})`,
    },
  ].map(({ type, ...rest }) => ({
    '@odata.type': `${CRM}${type}AttributeMetadata`,
    DisplayName: label('Text'),
    ...rest,
  }))
  for (const data of columns) await api.createAttribute({ entityKey: String(entity), data: data as never })
  await api.createRelationship({
    data: {
      '@odata.type': `${CRM}OneToManyRelationshipMetadata`,
      SchemaName: 'new_account_project',
      ReferencedEntity: 'account',
      ReferencingEntity: 'new_project',
      CascadeConfiguration: { Assign: 'NoCascade', Delete: 'RemoveLink', Share: 'NoCascade' },
      Lookup: { SchemaName: 'new_AccountId', DisplayName: label('Company') },
    } as never,
  })
  await api.createRelationship({
    data: {
      '@odata.type': `${CRM}ManyToManyRelationshipMetadata`,
      SchemaName: 'new_project_contacts',
      Entity1LogicalName: 'new_project',
      Entity2LogicalName: 'contact',
      IntersectEntityName: 'new_project_contact',
    } as never,
  })
  const read = await api.retrieveEntity({ key: String(entity), select: ['LogicalName', 'EntitySetName', 'SchemaName'] })
  expect(read).toMatchObject({ LogicalName: 'new_project', EntitySetName: 'new_projects', SchemaName: 'new_Project' })
  const account = await api.create<object, string>({ collection: 'accounts', data: { name: 'Adatum' } })
  const contact = await api.create<object, string>({ collection: 'contacts', data: { lastname: 'Berg' } })
  const project = await api.create<object, string>({
    collection: 'new_projects',
    data: {
      new_projectname: 'Bridge',
      new_contactmail: 'bridge@adatum.example',
      new_count: 3,
      new_budget: 12.5,
      new_due: '2026-05-01',
      new_stage: 10,
      new_size: 2,
      new_tags: '1',
      'new_AccountId@odata.bind': `/accounts(${account})`,
    },
  })
  await api.associate({
    collection: 'new_projects',
    primaryKey: project,
    relationshipName: 'new_project_contacts',
    relatedCollection: 'contacts',
    relatedKey: contact,
  })
  const row = await api.retrieve<Record<string, unknown>>({
    collection: 'new_projects',
    key: project,
    select: ['new_projectname', 'new_urgent', 'new_size', '_new_accountid_value'],
    expand: [
      { property: 'new_AccountId', select: ['name'] },
      { property: 'new_project_contacts', select: ['lastname'] },
    ],
    includeAnnotations: '*',
  })
  expect(row).toMatchObject({
    new_projectname: 'Bridge',
    new_urgent: true,
    'new_size@OData.Community.Display.V1.FormattedValue': 'Large',
    '_new_accountid_value@Microsoft.Dynamics.CRM.associatednavigationproperty': 'new_AccountId',
    new_AccountId: { name: 'Adatum' },
    new_project_contacts: [{ lastname: 'Berg' }],
  })
  const back = await admin.get(
    `${API}/accounts(${account})?$select=name&$expand=new_account_project($select=new_count)`,
  )
  expect(back.json.new_account_project).toMatchObject([{ new_count: 3 }])
  expect(
    (await site.regarding.records.resolveAddresses(site.regarding.database.sql, ['bridge@adatum.example'])).size,
  ).toBe(1)
})

test('Customization: a new table is in $metadata, views, FetchXML, delta links and CSV at once', async () => {
  await declare('new_Asset')
  expect((await admin.get(`${API}/$metadata`)).text).toContain('<EntityType Name="new_asset"')
  expect((await admin.get(`${API}/`)).text).toContain('"new_assets"')
  const views = await admin.get(`${API}/savedqueries?$filter=returnedtypecode eq 'new_asset'&$select=name`)
  expect(views.json.value.map(({ name }: { name: string }) => name)).toContain('Active new_Assets')
  const list = await admin.get(`${API}/new_assets?$select=new_assetname`, { prefer: 'odata.track-changes' })
  await admin.post(`${API}/new_assets`, { new_assetname: 'Ladder' })
  const delta = await admin.get(String(list.json['@odata.deltaLink']).slice(site.url.length))
  expect(delta.json.value).toMatchObject([{ new_assetname: 'Ladder' }])
  const fetchXml = '<fetch><entity name="new_asset"><attribute name="new_assetname"/></entity></fetch>'
  const fetched = await admin.get(`${API}/new_assets?fetchXml=${encodeURIComponent(fetchXml)}`)
  expect(fetched.json.value).toMatchObject([{ new_assetname: 'Ladder' }])
})

test('Customization: a new table belongs to administrators until a role is given privileges; its privileges are named', async () => {
  await declare('new_Secret')
  expect((await admin.post(`${API}/new_secrets`, { new_secretname: 'Plan' })).status).toBe(204)
  const refused = await anna.get(`${API}/new_secrets`)
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('prvReadnew_secret')
  await site.create('roleprivileges', {
    roleid: { table: 'role', id: ROLES.salesperson },
    privilegename: 'prvReadnew_secret',
    privilegedepthmask: 8,
  })
  expect((await anna.get(`${API}/new_secrets`)).json.value).toHaveLength(1)
})

test('Customization: who lacks a privilege is told its name, and nothing is declared', async () => {
  const refused = await anna.post(definitions, tableOf('new_Nope'))
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('prvCreateEntity')
  expect((await admin.get(`${definitions}(LogicalName='new_nope')`)).status).toBe(404)
})

test('Customization: words and levels change, texts become longer, and what cannot change is named', async () => {
  await declare('new_Site')
  const at = `${definitions}(LogicalName='new_site')`
  await admin.post(`${at}/Attributes`, {
    '@odata.type': `${CRM}StringAttributeMetadata`,
    SchemaName: 'new_Code',
    MaxLength: 5,
    DisplayName: label('Code'),
  })
  const column = `${at}/Attributes(LogicalName='new_code')`
  const { '@odata.context': _, ...before } = (await admin.get(column)).json
  expect((await admin.post(`${API}/new_sites`, { new_code: '123456' })).status).toBe(400)
  const after = { ...before, MaxLength: 8, DisplayName: label('Number'), RequiredLevel: { Value: 'Recommended' } }
  expect((await put(column, after)).status).toBe(204)
  const read = (await admin.get(column)).json
  expect(read).toMatchObject({ MaxLength: 8, RequiredLevel: { Value: 'Recommended' } })
  expect(read.DisplayName.UserLocalizedLabel.Label).toBe('Number')
  expect((await admin.post(`${API}/new_sites`, { new_code: '123456' })).status).toBe(204)
  const shorter = await put(column, { ...after, MaxLength: 3 })
  expect([shorter.status, shorter.json.error.message]).toEqual([400, expect.stringContaining('longer, not shorter')])
  const other = await put(column, { ...after, AttributeType: 'Integer' })
  expect([other.status, other.json.error.target]).toEqual([400, 'AttributeType'])
  expect((await put(at, { DisplayName: label('Place') })).status).toBe(204)
  expect((await admin.get(at)).json.DisplayName.UserLocalizedLabel.Label).toBe('Place')
  const standard = await put(`${definitions}(LogicalName='account')`, { DisplayName: label('Firm') })
  expect([standard.status, standard.json.error.message]).toEqual([
    400,
    expect.stringContaining('not made through the API'),
  ])
})

test('Customization: options are added and renamed, never twice', async () => {
  await declare('new_Choice')
  await admin.post(`${definitions}(LogicalName='new_choice')/Attributes`, {
    '@odata.type': `${CRM}PicklistAttributeMetadata`,
    SchemaName: 'new_Colour',
    OptionSet: { Options: [{ Value: 1, Label: label('Red') }] },
  })
  const at = { EntityLogicalName: 'new_choice', AttributeLogicalName: 'new_colour' }
  const added = await admin.post(`${API}/InsertOptionValue`, { ...at, Value: 2, Label: label('Blue') })
  expect(added.json.NewOptionValue).toBe(2)
  expect((await admin.post(`${API}/InsertOptionValue`, { ...at, Value: 2, Label: label('Green') })).status).toBe(400)
  expect((await admin.post(`${API}/UpdateOptionValue`, { ...at, Value: 1, Label: label('Crimson') })).status).toBe(204)
  expect((await admin.post(`${API}/PublishAllXml`, {})).status).toBe(204)
  const read = await admin.get(
    `${definitions}(LogicalName='new_choice')/Attributes(LogicalName='new_colour')/${CRM}PicklistAttributeMetadata/OptionSet`,
  )
  const labels = read.json.Options.map(
    (each: { Label: { UserLocalizedLabel: { Label: string } } }) => each.Label.UserLocalizedLabel.Label,
  )
  expect(labels).toEqual(['Crimson', 'Blue'])
  expect((await admin.post(`${API}/new_choices`, { new_colour: 2 })).status).toBe(204)
})

type Option = { Value: number; Label: { UserLocalizedLabel: { Label: string } } }
const valuesAt = async (path: string) => ((await admin.get(path)).json.Options as Option[]).map(({ Value }) => Value)

test('Customization: options are taken away when no row holds them, and put in an order', async () => {
  await declare('new_Wish')
  const Options = [1, 2, 3].map((Value) => ({ Value, Label: label(`Number ${Value}`) }))
  const attributes = `${definitions}(LogicalName='new_wish')/Attributes`
  const choice = { '@odata.type': `${CRM}PicklistAttributeMetadata`, OptionSet: { Options } }
  await admin.post(attributes, { ...choice, SchemaName: 'new_One' })
  await admin.post(attributes, {
    ...choice,
    '@odata.type': `${CRM}MultiSelectPicklistAttributeMetadata`,
    SchemaName: 'new_Many',
  })
  const one = { EntityLogicalName: 'new_wish', AttributeLogicalName: 'new_one' }
  const many = { ...one, AttributeLogicalName: 'new_many' }
  const order = (at: object, Values: number[]) => admin.post(`${API}/OrderOption`, { ...at, Values })
  const take = (at: object, Value: number) => admin.post(`${API}/DeleteOptionValue`, { ...at, Value })
  const optionsAt = `${attributes}(LogicalName='new_one')/${CRM}PicklistAttributeMetadata/OptionSet`

  expect((await order(one, [3, 1, 2])).status).toBe(204)
  expect(await valuesAt(optionsAt)).toEqual([3, 1, 2])
  for (const wrong of [
    [3, 1],
    [3, 1, 2, 4],
    [3, 3, 1, 2],
  ])
    expect((await order(one, wrong)).status).toBe(400)

  const row = await admin.post(`${API}/new_wishs`, { new_one: 2, new_many: '1,3' }, { prefer: 'return=representation' })
  const held = await take(one, 2)
  expect([held.status, held.json.error.message]).toEqual([400, expect.stringContaining('hold the option 2')])
  expect((await take(many, 3)).status).toBe(400)
  expect((await take(many, 2)).status).toBe(204)
  expect((await take(one, 1)).status).toBe(204)
  expect((await take(one, 1)).status).toBe(400)
  expect(await valuesAt(optionsAt)).toEqual([3, 2])
  expect((await admin.post(`${API}/new_wishs`, { new_one: 1 })).status).toBe(400)
  expect((await remove(`${API}/new_wishs(${row.json.new_wishid})`)).status).toBe(204)
  expect((await take(one, 2)).status).toBe(204)
  expect((await anna.post(`${API}/DeleteOptionValue`, { ...one, Value: 3 })).json.error.target).toBe(
    'prvWriteAttribute',
  )
})

test('Customization: an option of a global set goes when no column that shares it holds it', async () => {
  await declare('new_Shop')
  const Options = [1, 2].map((Value) => ({ Value, Label: label(`Number ${Value}`) }))
  const set = { Name: 'new_kinds', DisplayName: label('Kinds'), Options }
  expect((await admin.post(`${API}/GlobalOptionSetDefinitions`, set)).status).toBe(204)
  await admin.post(`${definitions}(LogicalName='new_shop')/Attributes`, {
    '@odata.type': `${CRM}PicklistAttributeMetadata`,
    SchemaName: 'new_Kind',
    'GlobalOptionSet@odata.bind': "/GlobalOptionSetDefinitions(Name='new_kinds')",
  })
  expect((await admin.post(`${API}/new_shops`, { new_kind: 1 })).status).toBe(204)
  const at = { OptionSetName: 'new_kinds' }
  expect((await admin.post(`${API}/OrderOption`, { ...at, Values: [2, 1] })).status).toBe(204)
  expect(await valuesAt(`${API}/GlobalOptionSetDefinitions(Name='new_kinds')`)).toEqual([2, 1])
  const column = `${definitions}(LogicalName='new_shop')/Attributes(LogicalName='new_kind')`
  expect(await valuesAt(`${column}/${CRM}PicklistAttributeMetadata/OptionSet`)).toEqual([2, 1])
  expect((await admin.post(`${API}/DeleteOptionValue`, { ...at, Value: 1 })).status).toBe(400)
  expect((await admin.post(`${API}/DeleteOptionValue`, { ...at, Value: 2 })).status).toBe(204)
  expect(await valuesAt(`${API}/GlobalOptionSetDefinitions(Name='new_kinds')`)).toEqual([1])
})

test('SE-20: a column that comes with the product is secured by the API, and column security profiles then govern it', async () => {
  const at = `${definitions}(LogicalName='contact')/Attributes(LogicalName='jobtitle')`
  const contact = await site.contact({ lastname: 'Quiet', jobtitle: 'Spy', emailaddress1: 'quiet@fabrikam.example' })
  const path = `${API}/contacts(${contact.id})?$select=jobtitle`
  expect((await anna.get(path)).json.jobtitle).toBe('Spy')
  const was = (await admin.get(at)).json
  expect(was).toMatchObject({ IsSecured: false, CanBeSecuredForRead: true })
  // As programs do: all of it, as it was read.
  expect((await put(at, { ...was, IsSecured: true })).status).toBe(204)
  expect((await admin.get(at)).json.IsSecured).toBe(true)
  expect((await anna.get(path)).json.jobtitle).toBeNull()
  expect((await anna.get(`${API}/contacts?$filter=jobtitle eq 'Spy'`)).status).toBe(403)
  expect((await admin.get(path)).json.jobtitle).toBe('Spy')

  const profile = await site.create('fieldsecurityprofile', { name: 'May see titles' })
  await site.create('systemuserprofiles', { systemuserid: site.anna.id, fieldsecurityprofileid: profile })
  await site.create('fieldpermission', {
    fieldsecurityprofileid: profile,
    entityname: 'contact',
    attributelogicalname: 'jobtitle',
    canread: 4,
  })
  expect((await anna.get(path)).json.jobtitle).toBe('Spy')
  const write = { method: 'PATCH', body: '{"jobtitle":"Cook"}', headers: { 'content-type': 'application/json' } }
  expect((await anna.send(`${API}/contacts(${contact.id})`, write)).status).toBe(403)

  expect((await put(at, { IsSecured: true, DisplayName: label('Task') })).status).toBe(400)
  expect((await anna.send(at, { ...write, method: 'PUT', body: '{"IsSecured":false}' })).json.error.target).toBe(
    'prvWriteAttribute',
  )
  for (const name of ['contactid', 'statecode', 'lastname', 'fullname', 'createdon']) {
    const fixed = `${definitions}(LogicalName='contact')/Attributes(LogicalName='${name}')`
    const can = (await admin.get(fixed)).json.CanBeSecuredForRead as boolean
    expect([name, can, (await put(fixed, { IsSecured: true })).status]).toEqual([
      name,
      name === 'lastname' && can,
      can ? 204 : 400,
    ])
    if (can) await put(fixed, { IsSecured: false })
  }
  expect((await put(at, { IsSecured: false })).status).toBe(204)
  expect((await anna.send(`${API}/contacts(${contact.id})`, write)).status).toBe(204)
})

test('Customization: what is used is not deleted, and what uses it is named; unused it goes with its data', async () => {
  await declare('new_Parent')
  await declare('new_Child')
  const relation = await admin.post(`${API}/RelationshipDefinitions`, {
    '@odata.type': `#${CRM}OneToManyRelationshipMetadata`,
    SchemaName: 'new_parent_children',
    ReferencedEntity: 'new_parent',
    ReferencingEntity: 'new_child',
    CascadeConfiguration: { Delete: 'Restrict' },
    Lookup: { SchemaName: 'new_ParentId', DisplayName: label('Parent') },
  })
  const relationAt = new URL(relation.headers.get('odata-entityid') ?? '').pathname
  const parent = await site.create('new_parent', { new_parentname: 'P' })
  const child = await site.create('new_child', { new_parentid: { table: 'new_parent', id: parent } })
  expect((await remove(`${API}/new_parents(${parent})`)).status).toBe(400)
  const used = await remove(`${definitions}(LogicalName='new_parent')`)
  expect(used.status).toBe(400)
  expect(used.json.error.message).toContain('column new_child.new_parentid')
  expect(used.json.error.message).toContain('records of its own')
  expect((await remove(relationAt)).status).toBe(204)
  expect((await admin.get(`${API}/new_childs(${child})?$select=_new_parentid_value`)).status).toBe(400)
  expect((await remove(`${API}/new_parents(${parent})`)).status).toBe(204)
  expect((await remove(`${definitions}(LogicalName='new_parent')`)).status).toBe(204)
  expect((await admin.get(`${API}/new_parents`)).status).toBe(404)
  const { rows } = await sql<{ there: boolean }>`select to_regclass('new_parent') is not null as there`.execute(
    site.regarding.database.sql,
  )
  expect(rows).toEqual([{ there: false }])
  expect((await declare('new_Parent')).status).toBe(204)
  expect((await admin.get(`${API}/savedqueries?$filter=returnedtypecode eq 'new_parent'`)).json.value).not.toEqual([])
})

test('Customization: bad declarations are refused by the name of what is wrong, and leave nothing', async () => {
  const bad: [object, string][] = [
    [tableOf('Project'), 'SchemaName'],
    [tableOf('mscrm_Thing'), 'SchemaName'],
    [tableOf('new_Thing', { OwnershipType: 'TeamOwned' }), 'OwnershipType'],
    [
      tableOf('new_Thing', { Attributes: [{ ...primary('new_N'), '@odata.type': `${CRM}FileAttributeMetadata` }] }),
      '@odata.type',
    ],
    [tableOf('new_Thing', { Attributes: [{ ...primary('new_N'), MaxLength: 'x' }] }), 'MaxLength'],
    [tableOf('new_Thing', { Attributes: 'x' }), 'Attributes'],
  ]
  for (const [body, target] of bad) {
    const refused = await admin.post(definitions, body)
    expect([refused.status, refused.json.error.target]).toEqual([400, target])
  }
  expect((await declare('new_Twice')).status).toBe(204)
  expect((await declare('new_Twice')).status).toBe(400)
  const injected = await admin.post(definitions, tableOf('new_a"; drop table account; --'))
  expect(injected.status).toBe(400)
  expect((await admin.get(`${definitions}(LogicalName='new_thing')`)).status).toBe(404)
  expect(await site.regarding.records.as(SYSTEM).query({ table: 'account', columns: ['name'], top: 1 })).toBeDefined()
})
