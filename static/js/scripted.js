// Tells the style sheets that scripts run, before anything is drawn.
document.documentElement.classList.add("scripted");
