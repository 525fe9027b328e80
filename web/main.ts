import { mount } from 'svelte';
import App from './App.svelte';
import './style.css';

const target = document.getElementById('app');
if (target) mount(App, { target });

/** Long enough that keeping the files for later does not delay the first run. */
const KEEP_AFTER_MS = 2000;

// Where there is none, or where a frame may not have one, the page works as long as there is a network.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  const keep = () => navigator.serviceWorker.register('./service_worker.js').catch(() => undefined);
  addEventListener('load', () => setTimeout(keep, KEEP_AFTER_MS));
}
