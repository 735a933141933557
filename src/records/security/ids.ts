/** Rows that every installation has, by the same ids everywhere. */
const well = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export const ROOT_BUSINESS_UNIT = well(1)
/** The user as whom the service itself creates records (T-81). Disabled for people: nobody signs in as it. */
export const SYSTEM_USER = well(2)

export const ROLES = {
  systemAdministrator: well(11),
  systemCustomizer: well(12),
  salesperson: well(13),
  salesManager: well(14),
  customerServiceRepresentative: well(15),
  appForOutlookUser: well(16),
  delegate: well(17),
} as const
