import { type Catalogue, manyToManyOf, type Relationship, relationshipsOf, type Table } from '#records'
import { attributeOf, spoken } from './attributes.ts'
import { globalOptionSetOf } from './options.ts'
import { label, managed, metadataId, type Thing } from './thing.ts'

const OWNERSHIP = { user: 'UserOwned', business: 'BusinessOwned', organization: 'OrganizationOwned', child: 'None' }
const VERBS = ['Create', 'Read', 'Write', 'Delete', 'Append', 'AppendTo', 'Assign', 'Share']

/** Everything that is declared, as the metadata of Dataverse. */
export interface Definitions {
  entities: readonly Thing[]
  relationships: readonly Thing[]
  optionSets: readonly Thing[]
}

const kept = new WeakMap<Catalogue, Definitions>()

export function definitionsOf(catalogue: Catalogue): Definitions {
  const found = kept.get(catalogue) ?? make(catalogue)
  kept.set(catalogue, found)
  return found
}

function make(catalogue: Catalogue): Definitions {
  const ties = relationshipsOf(catalogue).map((each) => ({ each, thing: oneToMany(each) }))
  const many = manyToManyOf(catalogue).map(({ name, intersect, first, second }) => ({
    tables: [first.table.name, second.table.name],
    thing: {
      type: 'ManyToManyRelationshipMetadata',
      own: {
        ...common(name, 'ManyToManyRelationship'),
        IsCustomRelationship: intersect.custom ?? false,
        IsManaged: !intersect.custom,
        Entity1LogicalName: first.table.name,
        Entity1IntersectAttribute: first.column,
        Entity1NavigationPropertyName: name,
        Entity2LogicalName: second.table.name,
        Entity2IntersectAttribute: second.column,
        Entity2NavigationPropertyName: name,
        IntersectEntityName: intersect.name,
      },
      along: {},
    },
  }))
  const of = (table: Table, end: 'referencing' | 'referenced') =>
    ties.filter(({ each }) => each[end].name === table.name).map(({ thing }) => thing)
  const intersections = new Set(manyToManyOf(catalogue).map(({ intersect }) => intersect.name))
  return {
    optionSets: catalogue.optionSets.map(globalOptionSetOf),
    relationships: [...ties, ...many].map(({ thing }) => thing),
    entities: catalogue.tables.map((table) => ({
      type: 'EntityMetadata',
      own: propertiesOf(table, intersections.has(table.name)),
      along: {
        Attributes: () => table.columns.map((column, index) => attributeOf(table, column, index)),
        ManyToOneRelationships: () => of(table, 'referencing'),
        OneToManyRelationships: () => of(table, 'referenced'),
        ManyToManyRelationships: () =>
          many.filter(({ tables }) => tables.includes(table.name)).map(({ thing }) => thing),
        Keys: () => keysOf(table),
      },
    })),
  }
}

function propertiesOf(table: Table, isIntersect: boolean): Thing['own'] {
  const { name, custom = false } = table
  const isChild = table.ownership === 'child'
  return {
    MetadataId: metadataId('entity', name),
    LogicalName: name,
    SchemaName: custom ? (table.schema ?? name) : name.charAt(0).toUpperCase() + name.slice(1),
    EntitySetName: table.set,
    LogicalCollectionName: table.set,
    CollectionSchemaName: table.set,
    DisplayName: label(table.label, name),
    DisplayCollectionName: label(table.several ?? severalOf(table.label), name, 'several'),
    Description: label(table.description, name, 'description'),
    PrimaryIdAttribute: table.id,
    PrimaryNameAttribute: table.primaryName,
    OwnershipType: OWNERSHIP[table.ownership],
    TableType: 'Standard',
    IsCustomEntity: custom,
    IsManaged: !custom,
    IsActivity: (table.activity ?? false) || name === 'activitypointer',
    IsActivityParty: table.hasActivities ?? false,
    HasActivities: table.hasActivities ?? false,
    HasNotes: (table.hasActivities ?? false) || (table.activity ?? false),
    IsChildEntity: isChild,
    IsIntersect: isIntersect,
    IsPrivate: false,
    IsAvailableOffline: table.availableOffline ?? false,
    ChangeTrackingEnabled: !table.view && !isChild,
    CanChangeTrackingBeEnabled: managed(!table.view && !isChild, 'canchangetrackingbeenabled'),
    IsReadOnlyInMobileClient: managed(table.view ?? false, 'isreadonlyinmobileclient'),
    IsValidForAdvancedFind: !isIntersect,
    IsCustomizable: managed(custom, 'iscustomizable'),
    Privileges: isChild
      ? []
      : VERBS.map((verb) => ({
          Name: `prv${verb}${table.privilegeName}`,
          PrivilegeId: metadataId('privilege', verb, table.privilegeName),
          PrivilegeType: verb,
          CanBeBasic: table.ownership === 'user',
          CanBeLocal: table.ownership !== 'organization',
          CanBeDeep: table.ownership !== 'organization',
          CanBeGlobal: true,
          CanBeEntityReference: false,
        })),
  }
}

export function severalOf(name: string): string {
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`
  return /(?:s|x|ch)$/.test(name) ? `${name}es` : `${name}s`
}

function keysOf(table: Table): Thing[] {
  return (table.keys ?? []).map(({ name, columns }) => ({
    type: 'EntityKeyMetadata',
    own: {
      MetadataId: metadataId('key', table.name, name),
      LogicalName: name,
      SchemaName: name,
      EntityLogicalName: table.name,
      KeyAttributes: [...columns],
      EntityKeyIndexStatus: 'Active',
      IsManaged: !table.custom,
      DisplayName: label(spoken(name), table.name, name, 'key'),
    },
    along: {},
  }))
}

function oneToMany({ name, referencing, column, referenced, lookupName, collectionName }: Relationship): Thing {
  const lookup = referencing.columns.find((each) => each.name === column)
  const onDelete = lookup?.goesAlong ? 'Cascade' : lookup?.required || lookup?.restricts ? 'Restrict' : 'RemoveLink'
  return {
    type: 'OneToManyRelationshipMetadata',
    own: {
      ...common(name, 'OneToManyRelationship'),
      IsCustomRelationship: lookup?.custom ?? referencing.custom ?? false,
      IsManaged: !(lookup?.custom ?? false),
      ReferencedEntity: referenced.name,
      ReferencedAttribute: referenced.id,
      ReferencedEntityNavigationPropertyName: collectionName,
      ReferencingEntity: referencing.name,
      ReferencingAttribute: column,
      ReferencingEntityNavigationPropertyName: lookupName,
      IsHierarchical: false,
      CascadeConfiguration: {
        Assign: 'NoCascade',
        Delete: onDelete,
        Merge: 'NoCascade',
        Reparent: 'NoCascade',
        Share: 'NoCascade',
        Unshare: 'NoCascade',
        RollupView: 'NoCascade',
      },
    },
    along: {},
  }
}

function common(name: string, type: string) {
  return {
    MetadataId: metadataId('relationship', name),
    SchemaName: name,
    RelationshipType: type,
    IsCustomRelationship: false,
    IsManaged: true,
    IsValidForAdvancedFind: true,
    SecurityTypes: 'Append',
    IsCustomizable: managed(false, 'iscustomizable'),
  }
}
