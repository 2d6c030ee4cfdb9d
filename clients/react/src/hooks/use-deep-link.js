// A link to one comment, as `#comment-7`: the comment is fetched where it is not held, and gets the focus. Gives whether
// the link leads to nothing.

/** @import { Thread } from "otklik-client" */
import { useEffect, useState } from "react";

/** How many frames a comment that was found may take to be on the screen. */
const FRAMES_MAX = 60;

/** @param {Thread} thread
 * @param {boolean} ready */
export function useDeepLink(thread, ready) {
  const [gone, setGone] = useState(false);
  useEffect(() => {
    if (!ready) return undefined;
    let going = 0;
    const follow = async () => {
      const mine = ++going;
      const comment_id = linked();
      setGone(false);
      if (comment_id === null) return;
      if (!document.getElementById(location.hash.slice(1))) {
        const result = await thread.find(comment_id);
        if (mine === going) setGone(result.ok && !result.found);
        if (!result.ok || !result.found) return;
      }
      for (let frame = 0; frame < FRAMES_MAX && mine === going; frame += 1) {
        if (linked() === comment_id && reach(`comment-${comment_id}`)) return;
        await new Promise((next) => requestAnimationFrame(next));
      }
    };
    follow();
    addEventListener("hashchange", follow);
    return () => {
      going += 1;
      removeEventListener("hashchange", follow);
    };
  }, [thread, ready]);
  return gone;
}

function linked() {
  const match = /^#comment-(\d+)$/.exec(location.hash);
  return match ? Number(match[1]) : null;
}

/** @param {string} id */
function reach(id) {
  const card = document.getElementById(id);
  if (!card) return false;
  card.scrollIntoView({ block: "center" });
  card.focus({ preventScroll: true });
  return true;
}
