/** What the scan thread runs of this folder. */
export { inventoryReader } from './inventory-reader.ts';
export { surveyWalk } from './survey-walk.ts';
export { walkStorage } from './walk-storage.ts';
