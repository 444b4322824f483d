use super::*;
use crate::judge::layout::Layout;

#[test]
fn market_reports_are_distinguished_from_market_news() {
    for spam in [
        "Global Conversational AI Market Size to Reach USD 41.4 Billion by 2030",
        "AI in Agriculture Market Share, Growth, Trends, Industry Forecast 2024-2031",
        "Machine Vision Market Report: CAGR of 8.1% Through 2032",
        "Smart Kettle Market Analysis by Type, by Application and Global Forecast",
    ] {
        assert!(market_report(&Scan::of(spam, &Layout::of(""))).is_some(), "{spam}");
    }
    for news in [
        "Chip maker's market value passes $3 trillion",
        "Stock market outlook: what analysts see for 2026",
        "Phone maker gains market share in Europe",
        "Housing market forecast darkens as rates stay high",
    ] {
        assert_eq!(market_report(&Scan::of(news, &Layout::of(""))), None, "{news}");
    }
}

#[test]
fn press_releases() {
    let release = |provider: &str, title: &str, text: &str| {
        press_release(provider, title, &Layout::of(text), &Scan::of(title, &Layout::of(text)))
    };
    assert!(release("prnewswire.com", "", "").is_some());
    for text in [
        "BERLIN, May 1 /PRNewswire/ -- Acme today",
        "Acme, a leading provider of pipes, today announced its next-generation pipe.\n\nAbout Acme: Acme bends pipes.",
        "Acme sells. “We are proud to join,” it said. Forward-looking statements may be wrong. Media contact: Ann",
        "Acme, einer der führenden Anbieter, lädt ein. Wir sind stolz darauf.\n\nÜber Acme: gegründet 1990.",
    ] {
        assert!(release("a.example", "Acme Announces a Pipe", text).is_some(), "{text}");
    }
    for text in [
        "The company's investor relations office did not answer.",
        "The maker announced the recall on Monday, its chief executive officer told a committee.",
        "About Acme little is known. About forty people work there: most of them in the yard.",
    ] {
        assert_eq!(release("a.example", "Maker recalls pipes", text), None, "{text}");
    }
}

#[test]
fn titles() {
    assert!(clickbait(&Scan::of("You Won’t Believe What This Robot Did", &Layout::of(""))).is_some());
    assert_eq!(clickbait(&Scan::of("What this robot did at the factory", &Layout::of(""))), None);
    assert!(listicle("The 10 best AI tools for writers").is_some());
    assert!(listicle("7 ways to tune a model").is_some());
    assert_eq!(listicle("3 dead after bridge collapse"), None);
    assert_eq!(listicle("2024 best film list"), None);
    assert!(shouting("ROBOT WINS THE MARATHON IN PEKING").is_some());
    assert!(shouting("Robot wins!!").is_some());
    assert_eq!(shouting("NASA, ESA: joint mission"), None);
    assert!(promotion(&Scan::of("Save 40% off this drone", &Layout::of(""))).is_some());
    assert!(promotion(&Scan::of("A drone", &Layout::of("Sponsored content\n\nThis drone flies."))).is_some());
    assert_eq!(promotion(&Scan::of("A drone", &Layout::of("The drone flies."))), None);
}

#[test]
fn promotional_and_clickbait_texts() {
    for text in [
        "Buy now at Amazon. We may earn a commission.",
        "Sign up: free spins, no deposit, real money.",
        "Jetzt kaufen mit Rabatt, wir erhalten eine Provision.",
    ] {
        assert!(promotion(&Scan::of("A lamp", &Layout::of(text))).is_some(), "{text}");
    }
    for text in ["The shop gave 10 % off, the court heard.", "Some links are affiliate links."] {
        assert_eq!(promotion(&Scan::of("A lamp", &Layout::of(text))), None, "{text}");
    }
    assert!(clickbait(&Scan::of("A lamp", &Layout::of("Keep reading. Share this with friends."))).is_some());
    assert_eq!(clickbait(&Scan::of("A lamp", &Layout::of("She kept reading."))), None);
}
