/** The pages as they should be: name → text. */
export function referencePages(): Record<string, string>
