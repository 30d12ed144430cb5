/** Entry of the window: mounts the app into the page that a host serves. */
import { mount } from 'svelte';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import App from './shell/App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no element #app');
mount(App, { target });
