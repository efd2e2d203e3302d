/** The pages as they should be, by name. */
export function referencePages(): Record<string, string>
