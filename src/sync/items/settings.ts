import { contentLimits } from '#incoming'
import type { Settings } from '#options'
import type { ItemSettings } from './model.ts'

/** What the organization and the mailbox's user have chosen about items. */
export function itemSettings(organization: Settings, personal: Settings): ItemSettings {
  const is = (name: string) => organization[name] === true
  const number = (name: string) => Number(organization[name])
  const { attachmentBytes, blockedExtensions } = contentLimits({ organization })
  return {
    allThreeAddresses: !is('IsContactMailingAddressSyncEnabled'),
    appointmentAttachments: is('IsAppointmentAttachmentSyncEnabled'),
    attachmentBytes,
    blockedExtensions,
    companyFromParent: personal['UpdateCompanyField'] === true,
    ignoreCopies: is('IgnoreCopiedItemsInSSSForMailbox'),
    updatePastMeetings: is('SSSUpdatePastMeetingsInNonDraftMode'),
    draftAppointments: is('AllowSaveAsDraftAppointment'),
    propagateCancellations: is('SSSPropagateAppointmentCancellationsToExchange'),
    trackFromNonOrganizer: is('TrackAppointmentsFromNonOrganizer'),
    keepOrganizerWhenEmpty: is('UseCrmOrganizerForEmptyExchangeOrganizer'),
    noImplicitSharing: is('DisableImplicitSharingOfCommunicationActivities'),
    distinctDeletes: is('DistinctPhysicalAndLogicalDeletesForExchangeSync'),
    contactDeletion: number('ContactDeletionFromExchange') === 1 ? 'deleteIfOwner' : 'unlink',
    taskDeletion: number('SSSTaskDeletionSyncBehaviorFromExchange') === 1 ? 'unlink' : 'delete',
    deleteBrake: { count: number('ItemDeleteBrakeCount'), percent: number('ItemDeleteBrakePercent') },
    invitationBudget: number('ItemInvitationBudget'),
  }
}
