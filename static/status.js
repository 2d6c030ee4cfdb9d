// The operator's page: it asks to watch, draws what it is told each second, and signs in where that is asked for.

/** Seconds that a line goes back. */
const POINTS = 120;

/** The longest wait between two tries to connect, in milliseconds. */
const WAIT_MAX_MS = 20_000;

/** Where the token is kept: for this tab, as long as it is open. */
const TOKEN = "otklik-status-token";

const SVG = "http://www.w3.org/2000/svg";

const ms = (us) => (us == null ? null : us / 1_000);
const a_second = (name) => (status) => (status.over_ms > 0 ? (status[name] * 1_000) / status.over_ms : null);

/** Each chart: its title, its unit, its lines, and in what form its numbers are written. */
const CHARTS = [
  { title: "Sessions", lines: { open: (status) => status.sessions } },
  {
    title: "Viewers",
    lines: { viewers: (status) => status.viewers, behind: (status) => status.listeners_behind },
  },
  { title: "Reactions a second", lines: { reactions: a_second("reactions") } },
  { title: "Queries a second", lines: { answered: a_second("queries"), refused: a_second("refusals") } },
  { title: "Pushes a second", lines: { "handed over": a_second("deliveries") } },
  {
    title: "Queues",
    lines: {
      writes: (status) => status.queues.writes[0],
      reads: (status) => status.queues.reads[0],
      bcrypt: (status) => status.queues.bcrypt[0],
    },
  },
  {
    title: "Commit to push",
    unit: "ms",
    lines: {
      p50: (status) => ms(status.commit_to_push_us[0]),
      p99: (status) => ms(status.commit_to_push_us[1]),
    },
  },
  {
    title: "Commits",
    unit: "ms",
    lines: { p50: (status) => ms(status.commit_us[0]), p99: (status) => ms(status.commit_us[1]) },
  },
  {
    title: "Reads",
    unit: "ms",
    lines: { p50: (status) => ms(status.read_us[0]), p99: (status) => ms(status.read_us[1]) },
  },
];

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; text becomes text nodes. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function written(value, unit) {
  if (value == null) return "–";
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  const text = value.toLocaleString("en", { maximumFractionDigits: digits });
  return unit ? `${text} ${unit}` : text;
}

/** A line through the points, the last at the right end; it breaks where there is none. */
function path(points, most) {
  const first = POINTS - points.length;
  const height = (value) => (most > 0 ? 40 - (value / most) * 38 : 40).toFixed(2);
  const steps = points.map((value, index) => {
    if (value == null) return "";
    const place = `${first + index},${height(value)}`;
    return index > 0 && points[index - 1] != null ? `L${place}` : `M${place}h0`;
  });
  return steps.join("");
}

/** A small chart: what it shows now, its lines, and what each is. */
class Chart {
  constructor({ title, unit, lines }) {
    this.unit = unit;
    this.series = Object.entries(lines).map(([name, read], index) => {
      const line = drawn("path", { class: `series-${index}` });
      const label = document.createTextNode("");
      const key = drawn("svg", { viewBox: "0 0 20 8", "aria-hidden": "true" });
      key.append(drawn("path", { class: `series-${index}`, d: "M0,4H20" }));
      return { name, read, line, label, legend: element("span", {}, key, label), points: [] };
    });
    this.value = element("p", { class: "value" }, "–");
    this.most = element("p", { class: "most" });
    this.picture = drawn("svg", { class: "picture", viewBox: `0 0 ${POINTS - 1} 40`, preserveAspectRatio: "none" });
    this.picture.setAttribute("role", "img");
    this.picture.setAttribute("aria-label", title);
    this.picture.append(drawn("line", { class: "floor", x1: 0, x2: POINTS - 1, y1: 40, y2: 40 }));
    this.picture.append(...this.series.map(({ line }) => line));
    this.node = element("article", { class: "card" }, element("h2", {}, title), this.value, this.most, this.picture);
    // One line needs no legend: what it shows is the title, and its last point the number beside it.
    if (this.series.length > 1) {
      this.node.append(element("p", { class: "legend" }, ...this.series.map((each) => each.legend)));
    }
  }

  add(status) {
    for (const each of this.series) {
      each.points.push(each.read(status));
      if (each.points.length > POINTS) each.points.shift();
    }
    const most = Math.max(0, ...this.series.flatMap(({ points }) => points).filter((value) => value != null));
    for (const { name, line, label, points } of this.series) {
      line.setAttribute("d", path(points, most));
      label.data = `${name} ${written(points.at(-1), this.unit)}`;
    }
    this.value.textContent = written(this.series[0].points.at(-1), this.unit);
    this.most.textContent = `most ${written(most, this.unit)}`;
  }
}

const charts = CHARTS.map((chart) => new Chart(chart));
$("charts").append(...charts.map(({ node }) => node));

function draw(status) {
  $("board").hidden = false;
  for (const chart of charts) chart.add(status);
  const most = Math.max(1, ...status.pages.map(([, viewers]) => viewers));
  const rows = status.pages.map(([page, viewers]) => {
    const bar = drawn("svg", { class: "bar", viewBox: "0 0 100 1", preserveAspectRatio: "none" });
    bar.append(drawn("rect", { width: (viewers / most) * 100, height: 1 }));
    const cells = [element("td", { title: page }, element("bdi", {}, page))];
    cells.push(element("td", { class: "number" }, written(viewers)), element("td", { "aria-hidden": "true" }, bar));
    return element("tr", {}, ...cells);
  });
  $("pages").replaceChildren(...rows);
  $("no-pages").hidden = rows.length > 0;
}

function say(state, words) {
  if ($("line").textContent === words) return;
  $("line").dataset.state = state;
  $("line").textContent = words;
}

/** The line to the server: it comes back by itself. */
class Line {
  tries = 0;

  connect() {
    say("connecting", "Connecting");
    this.socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`);
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.socket.onclose = () => this.lost();
  }

  ask(type_query, members = {}) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type_query, ...members }));
  }

  opened() {
    this.ask("hello");
    const token = sessionStorage.getItem(TOKEN);
    if (token) this.ask("signInWithToken", { token });
    this.ask("watchStatus");
  }

  lost() {
    say("lost", "No line to the server; trying again");
    const wait = Math.random() * Math.min(WAIT_MAX_MS, 500 * 2 ** this.tries++);
    setTimeout(() => this.connect(), wait);
  }

  hear(message) {
    if (message.push === "status") {
      this.tries = 0;
      say("live", "Live");
      draw(message);
    } else if (message.push === "signedOut") {
      sessionStorage.removeItem(TOKEN);
      this.ask("watchStatus");
    } else if (message.push === "role") {
      this.ask("watchStatus");
    } else if (message.status) {
      this.answered(message);
    }
  }

  answered(message) {
    const good = message.status === "success";
    switch (message.type_query) {
      case "hello":
        $("server").textContent = `version ${message.version}`;
        break;
      case "signIn":
      case "signInWithToken":
        if (good) {
          sessionStorage.setItem(TOKEN, message.token);
          this.ask("watchStatus");
        } else if (message.type_query === "signIn") {
          this.refused(message.message);
        } else {
          sessionStorage.removeItem(TOKEN);
        }
        break;
      case "watchStatus":
        if (good) this.watches();
        else this.refused(message.code === "forbidden" ? "This user is no admin." : "");
        break;
    }
  }

  watches() {
    $("sign-in").hidden = true;
    $("fault").textContent = "";
  }

  refused(why) {
    say("connecting", "Not signed in");
    $("board").hidden = true;
    $("sign-in").hidden = false;
    $("fault").textContent = why;
  }
}

const line = new Line();
$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  line.ask("signIn", { username: fields.get("username"), password: fields.get("password") });
  event.target.elements.password.value = "";
});
line.connect();
