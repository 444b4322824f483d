//! `[heat]`: how much attention a story gets.

use courant_analysis::story::HeatConfig;

use super::section::config_section;

config_section! {
    /// Heat: how much attention a story gets. A lead's heat is its quality plus what these settings
    /// add.
    ["heat"] describes HeatConfig {
        /// Hours after which a related article counts half.
        half_life_h,
        /// Degrees that a new related article adds at weight 1.
        degrees,
        /// Weight of a provider's second and further articles.
        further,
        /// Maximum number of such further articles per provider.
        further_cap,
        /// Weight of a copy at another provider.
        copy,
        /// Maximum number of copies that count.
        copy_cap,
        /// Maximum number of further articles by the lead's own provider; their weight is
        /// `further`.
        own_cap,
        /// Weight of a link from another stored article whose provider has no article in the story.
        link,
        /// Maximum number of linking providers that count.
        link_cap,
        /// Weight of readers who follow links to the story's articles, if click counting is enabled
        /// below: weight × degrees for the first reader, and again each time that the number of
        /// readers plus one doubles.
        clicks,
        /// Maximum number of degrees that readers add.
        clicks_cap,
    }
}
