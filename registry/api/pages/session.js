"use strict";
// Shows who is signed in, with a way out; or the way in.

async function showSession() {
  const place = document.getElementById("session");
  const response = await fetch("api/v1/whoami");
  if (!response.ok) {
    const link = document.createElement("a");
    link.href = `sign-in?${new URLSearchParams({ next: location.pathname + location.search })}`;
    link.textContent = "Sign in";
    place.replaceChildren(link);
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Sign out";
  button.addEventListener("click", async () => {
    await fetch("sign-out", { method: "POST" });
    location.assign("sign-in");
  });
  const name = document.createElement("span");
  name.textContent = (await response.json()).subject;
  place.replaceChildren(name, " ", button);
}

showSession();
