import { DynamicsWebApi } from 'dynamics-web-api'
import { SaxesParser } from 'saxes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let client: DynamicsWebApi
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  const token = await site.token(site.anna)
  client = new DynamicsWebApi({
    serverUrl: site.url,
    dataApi: { version: '9.2' },
    useEntityNames: true,
    onTokenRefresh: () => Promise.resolve(token),
  })
})
afterAll(() => site.close())

interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
}

function parse(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] }
  const open = [root]
  const parser = new SaxesParser({ xmlns: false })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [] }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => open.pop())
  parser.write(text).close()
  return root.children[0] as Element
}

const all = (of: Element, name: string) => of.children.filter((child) => child.name === name)
const named = (of: readonly Element[], name: string | undefined) => of.find((each) => each.attributes.Name === name)

describe('$metadata', () => {
  test('HTTP: is CSDL in which every name leads somewhere', async () => {
    const { text, headers, status } = await anna.get(`${API}/$metadata`)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/xml; charset=utf-8'])
    const schema = parse(text).children[0]?.children[0] as Element
    expect(schema.attributes).toMatchObject({ Namespace: 'Microsoft.Dynamics.CRM', Alias: 'mscrm' })
    const types = all(schema, 'EntityType')
    const complex = all(schema, 'ComplexType')
    const [container] = all(schema, 'EntityContainer')
    const sets = all(container as Element, 'EntitySet')
    const faults: string[] = []
    const check = (good: unknown, what: string) => good || faults.push(what)
    const known = (type: string | undefined) => {
      const plain = (type ?? '').replace(/^Collection\((.*)\)$/, '$1')
      const own = plain.replace(/^(?:mscrm|Microsoft\.Dynamics\.CRM)\./, '')
      return (
        /^Edm\.(String|Guid|Int32|Int64|Double|Decimal|Boolean|DateTimeOffset|Date)$/.test(plain) ||
        named(types, own) ||
        named(complex, own)
      )
    }
    for (const type of types) {
      const { Name } = type.attributes
      const properties = all(type, 'Property')
      const navigations = all(type, 'NavigationProperty')
      const names = [...properties, ...navigations].map(({ attributes }) => attributes.Name)
      check(new Set(names).size === names.length, `${Name}: a name stands twice`)
      if (Name === 'crmbaseentity') continue
      const key = type.children[0]?.children[0]?.attributes.Name
      check(named(properties, key), `${Name}: key ${key}`)
      for (const { attributes } of properties) check(known(attributes.Type), `${Name}.${attributes.Name}`)
      for (const navigation of navigations) {
        const { Type, Partner } = navigation.attributes
        const target = named(types, /mscrm\.(\w+)/.exec(Type ?? '')?.[1])
        check(target, `${Name}: ${Type}`)
        const back = target && named(all(target, 'NavigationProperty'), Partner)
        check(
          back?.attributes.Type?.includes(`mscrm.${Name}`),
          `${Name}.${navigation.attributes.Name}: partner ${Partner}`,
        )
        for (const { attributes } of all(navigation, 'ReferentialConstraint')) {
          check(named(properties, attributes.Property), `${Name}: ${attributes.Property}`)
          check(
            target && named(all(target, 'Property'), attributes.ReferencedProperty),
            `${Name}: ${attributes.ReferencedProperty}`,
          )
        }
      }
    }
    for (const set of sets) {
      const type = named(types, set.attributes.EntityType?.split('.').at(-1))
      check(type, `set ${set.attributes.Name}`)
      for (const { attributes } of all(set, 'NavigationPropertyBinding')) {
        check(named(sets, attributes.Target), `${set.attributes.Name}: target ${attributes.Target}`)
        check(
          type && named(all(type, 'NavigationProperty'), attributes.Path),
          `${set.attributes.Name}: ${attributes.Path}`,
        )
      }
    }
    const operations = [...all(schema, 'Action'), ...all(schema, 'Function')]
    for (const operation of operations)
      for (const { attributes } of operation.children)
        check(known(attributes.Type), `${operation.attributes.Name}: ${attributes.Type}`)
    for (const type of complex)
      for (const { attributes } of all(type, 'Property'))
        check(known(attributes.Type), `${type.attributes.Name}: ${attributes.Type}`)
    expect(faults).toEqual([])
    expect(sets.length).toBe(site.regarding.records.catalogue.tables.length)
    expect(named(operations, 'WhoAmI')?.name).toBe('Function')
    expect(named(operations, 'Track')?.name).toBe('Action')
    const account = named(types, 'account') as Element
    expect(named(all(account, 'Property'), '_primarycontactid_value')?.attributes.Type).toBe('Edm.Guid')
    expect(named(all(account, 'NavigationProperty'), 'contact_customer_accounts')?.attributes).toEqual({
      Name: 'contact_customer_accounts',
      Type: 'Collection(mscrm.contact)',
      Partner: 'parentcustomerid_account',
    })
  })

  test('HTTP: holds every property that a row of any table has', async () => {
    const { text } = await anna.get(`${API}/$metadata`)
    const schema = parse(text).children[0]?.children[0] as Element
    const contact = named(all(schema, 'EntityType'), 'contact') as Element
    await site.contact({ lastname: 'Somebody' })
    const { json } = await anna.get(`${API}/contacts?$top=1`)
    const names = Object.keys(json.value[0]).filter((name) => !name.includes('@'))
    expect(names.filter((name) => !named(contact.children, name))).toEqual([])
  })
})

const get = async (path: string) => {
  const { json, status } = await anna.get(`${API}/${encodeURI(path)}`)
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`)
  return json
}

describe('definitions', () => {
  test('HTTP: a table says what a form or a mapper needs to know', async () => {
    const account = await get("EntityDefinitions(LogicalName='account')")
    expect(account).toMatchObject({
      '@odata.type': '#Microsoft.Dynamics.CRM.EntityMetadata',
      LogicalName: 'account',
      SchemaName: 'Account',
      EntitySetName: 'accounts',
      PrimaryIdAttribute: 'accountid',
      PrimaryNameAttribute: 'name',
      OwnershipType: 'UserOwned',
      IsCustomEntity: false,
      IsActivity: false,
      ChangeTrackingEnabled: true,
    })
    expect(account.DisplayName.UserLocalizedLabel.Label).toBe('Account')
    const again = await get(`EntityDefinitions(${account.MetadataId})?$select=LogicalName`)
    expect(again).toEqual({
      '@odata.context': expect.stringContaining('EntityDefinitions('),
      '@odata.type': '#Microsoft.Dynamics.CRM.EntityMetadata',
      MetadataId: account.MetadataId,
      LogicalName: 'account',
    })
    const activities = await get(
      "EntityDefinitions?$select=LogicalName&$filter=IsActivity eq true and startswith(LogicalName,'e')",
    )
    expect(activities.value.map((each: { LogicalName: string }) => each.LogicalName)).toEqual(['email'])
    expect(await get("EntityDefinitions(LogicalName='account')/EntitySetName")).toMatchObject({ value: 'accounts' })
  })

  test('HTTP: columns say their type, length, choices, targets and what may be written', async () => {
    const attributes = await get(
      "EntityDefinitions(LogicalName='contact')/Attributes?$select=LogicalName,AttributeType,MaxLength,Targets,IsValidForUpdate",
    )
    const by = Object.fromEntries(attributes.value.map((each: { LogicalName: string }) => [each.LogicalName, each]))
    expect(by.lastname).toMatchObject({
      '@odata.type': '#Microsoft.Dynamics.CRM.StringAttributeMetadata',
      MaxLength: 50,
    })
    expect(by.parentcustomerid).toMatchObject({ AttributeType: 'Customer', Targets: ['account', 'contact'] })
    expect(by.ownerid.AttributeType).toBe('Owner')
    expect(by.fullname.IsValidForUpdate).toBe(false)
    const choice = await get(
      "EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$filter=LogicalName eq 'industrycode'&$expand=OptionSet($select=Options),GlobalOptionSet",
    )
    const [industry] = choice.value
    expect(industry).toMatchObject({ LogicalName: 'industrycode', GlobalOptionSet: null })
    expect(industry.OptionSet.Options[0]).toMatchObject({
      Value: 1,
      Label: { UserLocalizedLabel: { Label: 'Accounting' } },
    })
    const status = await get(
      "EntityDefinitions(LogicalName='lead')/Attributes(LogicalName='statuscode')/Microsoft.Dynamics.CRM.StatusAttributeMetadata/OptionSet",
    )
    expect(status.Options.find((each: { Value: number }) => each.Value === 3)).toMatchObject({ State: 1 })
    const picklists = await get(
      "EntityDefinitions(LogicalName='contact')/Attributes?$select=LogicalName&$filter=AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Boolean'",
    )
    expect(picklists.value).toContainEqual(expect.objectContaining({ LogicalName: 'donotemail' }))
  })

  test('HTTP: every column of every table has its definition, and no secret is readable', async () => {
    const { value } = await get(
      'EntityDefinitions?$select=LogicalName&$expand=Attributes($select=LogicalName,IsValidForRead)',
    )
    for (const table of site.regarding.records.catalogue.tables) {
      const found = value.find((each: { LogicalName: string }) => each.LogicalName === table.name)
      const names = found.Attributes.map((each: { LogicalName: string }) => each.LogicalName)
      expect(names).toEqual(table.columns.map(({ name }) => name))
      const unreadable = found.Attributes.filter((each: { IsValidForRead: boolean }) => !each.IsValidForRead)
      expect(unreadable.map((each: { LogicalName: string }) => each.LogicalName)).toEqual(
        table.columns.filter(({ type }) => type === 'secret').map(({ name }) => name),
      )
    }
    const ids = value.map((each: { MetadataId: string }) => each.MetadataId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('HTTP: relationships and keys', async () => {
    const { value } = await get(
      "EntityDefinitions(LogicalName='account')/OneToManyRelationships?$filter=ReferencingEntity eq 'contact' and ReferencingAttribute eq 'parentcustomerid'",
    )
    expect(value).toMatchObject([
      {
        SchemaName: 'contact_customer_accounts',
        ReferencedEntityNavigationPropertyName: 'contact_customer_accounts',
        ReferencingEntityNavigationPropertyName: 'parentcustomerid_account',
      },
    ])
    const one = await get(
      "RelationshipDefinitions(SchemaName='contact_customer_accounts')/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
    )
    expect(one.MetadataId).toBe(value[0].MetadataId)
    const many = await get("EntityDefinitions(LogicalName='systemuser')/ManyToManyRelationships?$select=SchemaName")
    expect(many.value).toContainEqual(expect.objectContaining({ SchemaName: 'teammembership_association' }))
    expect((await get("EntityDefinitions(LogicalName='email')/Keys")).value).toMatchObject([
      { KeyAttributes: ['messageid', 'directioncode'] },
    ])
    expect((await get('GlobalOptionSetDefinitions')).value).toEqual([])
  })

  test('HTTP: what is not there, or not understood, is named', async () => {
    for (const [path, status, about] of [
      ["EntityDefinitions(LogicalName='nosuch')", 404, 'nosuch'],
      ["EntityDefinitions(LogicalName='account')/Nosuch", 404, 'Nosuch'],
      ["EntityDefinitions(LogicalName='account')/Attributes(LogicalName='x')", 404, 'x'],
      ['EntityDefinitions?$select=Nosuch', 400, 'Nosuch'],
      ['EntityDefinitions?$expand=Nosuch', 400, 'Nosuch'],
      ['EntityDefinitions?$filter=LogicalName', 400, 'character'],
      ['EntityDefinitions?$filter=__proto__ eq 1 or', 400, 'character'],
      ['EntityDefinitions?$orderby=LogicalName', 400, '$orderby'],
      ["EntityDefinitions(LogicalName='account')/__proto__", 404, '__proto__'],
    ] as const) {
      const { json, status: got } = await anna.get(`${API}/${encodeURI(path)}`)
      expect([path, got]).toEqual([path, status])
      expect(json.error.message).toContain(about)
    }
  })
})

describe('the client dynamics-web-api', () => {
  test('HTTP: reads metadata, and rows by the names of tables that it learns from it', async () => {
    expect(await client.retrieveCsdlMetadata()).toContain('edmx:Edmx')
    const entity = await client.retrieveEntity({
      key: "LogicalName='contact'",
      select: ['EntitySetName', 'LogicalName'],
    })
    expect(entity.EntitySetName).toBe('contacts')
    const { value } = await client.retrieveAttributes({
      entityKey: "LogicalName='account'",
      castType: 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata',
      select: ['LogicalName'],
      expand: [{ property: 'OptionSet' }],
    })
    expect(value?.some((each: { LogicalName?: string }) => each.LogicalName === 'industrycode')).toBe(true)
    const account = await site.account({ name: 'Client', revenue: 5 })
    for (const lastname of ['One', 'Two', 'Three'])
      await site.contact({ lastname, parentcustomerid: { table: 'account', id: account.id } })
    const rows = await client.retrieveMultiple({
      collection: 'account',
      select: ['name'],
      filter: "name eq 'Client'",
      expand: [{ property: 'contact_customer_accounts', select: ['lastname'], orderBy: ['lastname'] }],
    })
    expect(rows.value[0]).toMatchObject({
      name: 'Client',
      contact_customer_accounts: [{ lastname: 'One' }, { lastname: 'Three' }, { lastname: 'Two' }],
    })
    const fetchXml = `<fetch><entity name="contact"><attribute name="lastname"/><order attribute="lastname"/>
      <filter><condition attribute="parentcustomerid" operator="eq" value="${account.id}"/></filter></entity></fetch>`
    const found: string[] = []
    let cookie: string | null = null
    for (let page = 1; page <= 3; page++) {
      const answer: Awaited<ReturnType<typeof client.fetch>> = await client.fetch({
        collection: 'contact',
        fetchXml: fetchXml.replace('<fetch>', '<fetch count="1">'),
        pageNumber: page,
        includeAnnotations: 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie',
        ...(cookie === null ? {} : { pagingCookie: cookie }),
      })
      found.push(...answer.value.map((row) => (row as { lastname: string }).lastname))
      cookie = answer.PagingInfo?.cookie ?? null
    }
    expect(found).toEqual(['One', 'Three', 'Two'])
  })
})
