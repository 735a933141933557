import type { Settings } from '#options'
import type { SendingSettings } from './model.ts'

/** The organization's settings in the shape that sending reads. */
export function sendingSettings(settings: Settings): SendingSettings {
  return {
    allowUnresolved: settings['AllowUnresolvedPartiesOnEmailSend'] === true,
    attachmentBytes: Number(settings['MaxUploadFileSize']) * 1024,
    blockedExtensions: String(settings['BlockedAttachments'] ?? '')
      .split(';')
      .map((extension) => extension.trim().toLowerCase())
      .filter(Boolean),
    subjectLimit: Number(settings['MaximumSubjectLengthOnMailServer']),
    useTokens: settings['UseTrackingTokens'] === true,
    delegation: settings['EnableMailboxDelegationForOutgoingEmail'] === true,
    saveToSent: settings['SSSSaveOutgoingEmailToExchangeSentFolder'] === true,
  }
}
