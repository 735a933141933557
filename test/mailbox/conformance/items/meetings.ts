import { describe, expect, test } from 'vitest'
import type { Attendee, NotifyWhom } from '#mailbox'
import { expectFailure } from '../use.ts'
import type { ItemBench } from './bench.ts'
import { event } from './samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, use } from './use.ts'

const person = (name: string): Attendee => ({
  address: `${name}@adatum.example`,
  name,
  role: 'required',
  answer: 'none',
})
const [ann, bob, cid] = [person('ann'), person('bob'), person('cid')]
const WHOM: NotifyWhom[] = ['none', 'changed', 'all']

export function meetingsConform(setup: () => Promise<ItemBench>): void {
  describe('meetings', () => {
    test('AP-50: attendees and organizer are read as they were written, and the owner organizes', async () => {
      const { items, address } = await use(setup)
      const { id } = await mainFolder(items, 'event')
      const [notify = 'all'] = items.can.notify
      const attendees: Attendee[] = [ann, { ...bob, role: 'optional' }]
      const made = await items.create(id, event('Meeting', { attendees }), 'meeting', { notify })
      const read = await readEvent(items, made)
      expect(read).toMatchObject({ role: 'organizer', organizer: { address }, cancelled: false })
      expect(read.fields.attendees).toMatchObject(attendees)
    })

    test('AP-35, AP-36, law 8: only those are told whom the caller names, and what cannot be kept to is refused', async () => {
      const bench = await use(setup)
      const { items, other } = bench
      const { id } = await mainFolder(items, 'event')
      for (const notify of WHOM) {
        const meeting = event(`Tell ${notify}`, { attendees: [ann, bob] })
        if (!items.can.notify.includes(notify)) {
          await expectFailure(() => items.create(id, meeting, `tell-${notify}`, { notify }), 'unsupported')
          continue
        }
        if (!other.meetingMail) continue
        const sent = async () =>
          (await other.meetingMail?.())?.map(({ kind, to }) => `${kind} ${to.split('@')[0]}`) ?? []
        const before = (await sent()).length
        const news = async () => (await sent()).slice(before).join(', ')
        const made = await items.create(id, meeting, `tell-${notify}`, { notify })
        expect(await news()).toBe(notify === 'none' ? '' : 'request ann, request bob')
        expect(await items.create(id, meeting, `tell-${notify}`, { notify })).toEqual(made)
        const moved = await items.update(made, { kind: 'event', set: { attendees: [bob, cid] } }, { notify })
        const told = { none: '', changed: 'request cid, cancel ann', all: 'request bob, request cid, cancel ann' }
        expect((await news()).replace('request ann, request bob', '').replace(/^, /, '')).toBe(told[notify])
        await items.remove(moved, { notify })
        const last = (await news()).split(', ').slice(-2).join(', ')
        expect(last).toBe(notify === 'none' ? '' : 'cancel bob, cancel cid')
      }
    })

    test('AP-57: an invitation lies in the calendar with the organizer’s UID, and is answered', async () => {
      const { items, other } = await use(setup)
      if (!other.invite) return
      const { id } = await mainFolder(items, 'event')
      const copy = new ItemCopy(items, id)
      await copy.follow()
      await other.invite('boss@contoso.example', event('Please come'))
      await copy.follow()
      const [ref] = copy.refs.values()
      const read = await readEvent(items, ref ?? { folder: id, id: '' })
      expect(read).toMatchObject({ role: 'attendee', organizer: { address: 'boss@contoso.example' }, answer: 'none' })
      expect(read.uid?.length).toBeGreaterThan(3)
      if (!items.can.respond)
        return expectFailure(() => items.respond(read.ref, 'accepted', { tell: false }), 'unsupported')
      const answered = await items.respond(read.ref, 'accepted', { tell: true })
      expect((await readEvent(items, answered)).answer).toBe('accepted')
      const mail = (await other.meetingMail?.())?.filter(({ kind }) => kind === 'answer') ?? []
      if (other.meetingMail) expect(mail.map(({ to }) => to)).toEqual(['boss@contoso.example'])
      await expectFailure(() => items.respond(read.ref, 'declined', { tell: false }), 'conflict')
    })

    test('AP-35: an appointment without attendees is no meeting, and nobody is told', async () => {
      const { items, other } = await use(setup)
      const { id } = await mainFolder(items, 'event')
      const made = await items.create(id, event('Alone'), 'alone', QUIET)
      expect((await readEvent(items, made)).role).toBe('none')
      expect((await other.meetingMail?.()) ?? []).toEqual([])
    })
  })
}
