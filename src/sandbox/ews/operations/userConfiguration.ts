import type { User } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { applyCategoryList, writeCategoryList } from '../categoryList.ts'
import { EwsFailure } from '../failure.ts'
import { folderOf } from '../targets.ts'
import { child, type Element, tag, textOf } from '../xml.ts'
import type { Operation } from './operation.ts'

/** The one configuration item that is served: the master category list, beside the calendar. */
const CATEGORY_LIST = 'CategoryList'

export const getUserConfiguration: Operation = async (call, request) => {
  const name = child(request, 'UserConfigurationName') as Element
  const wanted = new Set((textOf(request, 'UserConfigurationProperties') ?? '').split(/\s+/))
  const wants = (property: string) => wanted.has('All') || wanted.has(property)
  const messages = await forEach('GetUserConfiguration', [name], () => {
    const owner = ownerOfList(call, name)
    const xml = Buffer.from(writeCategoryList(owner.mailbox.categories.all())).toString('base64')
    return tag(
      'm:UserConfiguration',
      {},
      tag(
        't:UserConfigurationName',
        { Name: CATEGORY_LIST },
        tag('t:FolderId', { Id: owner.mailbox.wellKnown('calendar').id }),
      ),
      wants('Id') ? tag('t:ItemId', { Id: 'AAMkAGNhdGVnb3J5bGlzdA==', ChangeKey: 'CQAAAA==' }) : undefined,
      wants('XmlData') ? tag('t:XmlData', {}, xml) : undefined,
    )
  })
  return answer('GetUserConfiguration', messages)
}

export const updateUserConfiguration: Operation = async (call, request) => {
  const configuration = child(request, 'UserConfiguration') as Element
  const messages = await forEach('UpdateUserConfiguration', [configuration], () => {
    const owner = ownerOfList(call, child(configuration, 'UserConfigurationName') as Element)
    const data = textOf(configuration, 'XmlData')
    if (data !== undefined) applyCategoryList(owner.mailbox.categories, Buffer.from(data, 'base64').toString('utf8'))
    return undefined
  })
  return answer('UpdateUserConfiguration', messages)
}

function ownerOfList(call: Call, name: Element): User {
  const { owner, folder } = folderOf(call, name.children[0] as Element)
  if (name.attributes.get('Name') !== CATEGORY_LIST || folder.wellKnown !== 'calendar')
    throw new EwsFailure('ErrorItemNotFound')
  return owner
}
