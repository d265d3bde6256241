# Entries confirmed by their organisations.
command-confirm = Confirm that your organisation's entry in the directory is right
    .words = confirm
    .usage = !confirm
    .example = !confirm
confirm-done = **The entry of { $organisation } is confirmed as of today.** I ask again on { $next }. What it says: `!whois { $organisation }`
confirm-asked = **Is the entry of { $organisation } still right?** { $last } `!whois { $organisation }` shows it. If all of it is right, one of you types `!confirm`; if something is not, `!update` changes it.
confirm-last = It was last confirmed on { $day }.
confirm-last-by = It was last confirmed on { $day }, by { $by }.
confirm-never = It was never confirmed.
confirm-mark-never = ⚠ Entry never confirmed
confirm-mark-stale = ⚠ Stale: entry last confirmed { $date }, { $days } days ago
error-not-your-entry = Only people of { $handle } confirm its entry. Nothing was confirmed.
    .hint = `!confirm` alone confirms that of your own organisation.
error-no-entry-of-yours = The directory names you in no organisation, so you have no entry to confirm. Nothing was confirmed.
    .hint = Somebody of the organisation confirms its entry.
cli-confirmed = Noted: the entry of { $organisation } is right as of { $day }.
cli-unconfirmed = { $count } of { $of } entries were not confirmed in the last { $days } days.
