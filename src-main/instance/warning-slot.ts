/** One warning of an open instance that comes and goes. */

/** Sets the text, or takes it away (null). True where that changed anything. `current`: among them from the beginning. */
export function warningSlot(warnings: string[], current: string | null = null): (text: string | null) => boolean {
  return (text) => {
    if (text === current) return false;
    const index = current === null ? -1 : warnings.indexOf(current);
    if (index >= 0) warnings.splice(index, 1);
    if (text !== null) warnings.push(text);
    current = text;
    return true;
  };
}
