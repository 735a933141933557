import type { CustomTable } from '#records'
import type { Json } from '../../rows.ts'
import { severalOf } from '../entities.ts'
import { columnFrom } from './columns.ts'
import { invalid, labelOf, namesOf, objectOf, present, refuseOthers, textOf, yesNoOf } from './given.ts'

const OWNERSHIP: Readonly<Record<string, 'user' | 'organization'>> = {
  UserOwned: 'user',
  OrganizationOwned: 'organization',
}

/** The declaration that entity metadata asks for, with its columns. @throws RequestError 400 naming the property. */
export function tableFrom(body: Json, optionSetById: (id: string) => string | undefined): CustomTable {
  const { name, schema } = namesOf(body)
  const ownership = OWNERSHIP[textOf(body, 'OwnershipType') ?? 'UserOwned']
  if (!ownership) throw invalid('OwnershipType', 'must be UserOwned or OrganizationOwned')
  const given = body['Attributes'] ?? []
  if (!Array.isArray(given)) throw invalid('Attributes', 'must be a list')
  const attributes = (given as unknown[]).map((each) => objectOf(each, 'Attributes'))
  const named = attributes.filter((each) => each['IsPrimaryName'] === true)
  if (named.length > 1) throw invalid('Attributes', 'one column has IsPrimaryName, not several')
  const activity = yesNoOf(body, 'IsActivity') ?? false
  // Activities are called by their subject, which all of them have.
  const asked = activity ? attributes.filter((each) => !named.includes(each)) : attributes
  const primary = activity || !named[0] ? undefined : columnFrom(named[0], optionSetById)
  if (primary && primary.type !== 'text') throw invalid('Attributes', 'the column with IsPrimaryName is a String')
  return present({
    name,
    schema,
    set: textOf(body, 'EntitySetName') ?? severalOf(name),
    label: labelOf(body, 'DisplayName') ?? schema,
    several: labelOf(body, 'DisplayCollectionName'),
    description: labelOf(body, 'Description'),
    ownership: activity ? undefined : ownership,
    activity: activity || undefined,
    // Notes and activities are regarding a record in the same way: who wants either gets both.
    hasActivities: activity ? undefined : ((yesNoOf(body, 'HasActivities') || yesNoOf(body, 'HasNotes')) ?? false),
    availableOffline: yesNoOf(body, 'IsAvailableOffline'),
    primaryName: primary?.name,
    columns: asked.map((each) => columnFrom(each, optionSetById)),
  })
}

/** @throws RequestError 400 naming what cannot be changed. */
export function tableChange(body: Json, own: Json): Pick<Partial<CustomTable>, 'label' | 'several' | 'description'> {
  refuseOthers(body, own, ['DisplayName', 'DisplayCollectionName', 'Description'])
  return present({
    label: labelOf(body, 'DisplayName'),
    several: labelOf(body, 'DisplayCollectionName'),
    description: labelOf(body, 'Description'),
  })
}
