export { addLabels, linkLabels } from './add-labels.ts';
export { createLabel } from './create-label.ts';
export { findLabel } from './find-label.ts';
export { labelName } from './label-name.ts';
export { listLabels } from './list-labels.ts';
export { removeLabels } from './remove-labels.ts';
