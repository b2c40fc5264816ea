// What pops up at the corner of the page.

/** Show a flag. Its type is info, success, warning or error. It stays until it is closed. */
export function showFlag(type, title, text = '') {
  const flag = document.createElement('div');
  flag.className = `flag ${type}`;
  flag.setAttribute('role', type === 'error' ? 'alert' : 'status');
  const heading = document.createElement('h2');
  heading.textContent = title;
  const body = document.createElement('p');
  body.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'icon-button flag-close';
  close.setAttribute('aria-label', 'Close');
  close.textContent = '×';
  close.addEventListener('click', () => flag.remove());
  flag.append(heading, body, close);
  document.getElementById('flags').append(flag);
}
