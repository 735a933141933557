import type { User } from '../../model/index.ts'
import { answer, forEach, refusal, success } from '../answer.ts'
import { EwsFailure } from '../failure.ts'
import { mailbox } from '../properties/property.ts'
import { type Element, tag, textOf, type Xml } from '../xml.ts'
import { children } from './items.ts'
import type { Operation } from './operation.ts'

/** Exchange tells at most so many candidates. */
const MOST = 100

export const resolveNames: Operation = (call, request) => {
  const entry = (textOf(request, 'UnresolvedEntry') ?? '').replace(/^smtp:/i, '').toLowerCase()
  const found = call.world.users.filter((user) => names(user).some((name) => name.toLowerCase().startsWith(entry)))
  const operation = 'ResolveNames'
  if (!found.length) return answer(operation, [refusal(operation, new EwsFailure('ErrorNameResolutionNoResults'))])
  const full = request.attributes.get('ReturnFullContactData') === 'true'
  const set = tag(
    'm:ResolutionSet',
    { TotalItemsInView: found.length, IncludesLastItemInRange: found.length <= MOST },
    found.slice(0, MOST).map((user) => resolution(user, full)),
  )
  return answer(operation, [found.length > 1 ? several(set) : success(operation, set)])
}

function names({ name, address, aliases, surname }: User): string[] {
  return [name, surname, address, ...aliases]
}

/** More than one is a warning. */
function several(set: Xml): Xml {
  return tag(
    'm:ResolveNamesResponseMessage',
    { ResponseClass: 'Warning' },
    tag('m:MessageText', {}, 'Multiple results were found.'),
    tag('m:ResponseCode', {}, 'ErrorNameResolutionMultipleResults'),
    tag('m:DescriptiveLinkKey', {}, 0),
    set,
  )
}

function resolution(user: User, full: boolean): Xml {
  const contact = tag(
    't:Contact',
    {},
    tag('t:DisplayName', {}, user.name),
    tag('t:GivenName', {}, user.givenName),
    tag(
      't:EmailAddresses',
      {},
      [user.address, ...user.aliases]
        .slice(0, 3)
        .map((address, at) => tag('t:Entry', { Key: `EmailAddress${at + 1}` }, `SMTP:${address}`)),
    ),
    tag('t:ContactSource', {}, 'ActiveDirectory'),
    tag('t:Surname', {}, user.surname),
  )
  return tag(
    't:Resolution',
    {},
    mailbox(user, () => true),
    full ? contact : undefined,
  )
}

/** Ids have one form here, whatever it is called. */
export const convertId: Operation = async (call, request) => {
  const format = request.attributes.get('DestinationFormat')
  const messages = await forEach('ConvertId', children(request, 'SourceIds'), (id: Element) =>
    tag('m:AlternateId', {
      'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'xsi:type': 't:AlternateIdType',
      Format: format,
      Id: id.attributes.get('Id'),
      Mailbox: call.user.address,
    }),
  )
  return answer('ConvertId', messages)
}
