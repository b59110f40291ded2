//! The language in which to speak to whoever runs the program.
//!
//! In: the environment. Out: a [`Language`]; English where it names none that we speak.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use wsblame::knowledge::Language;

/// The language of the process's locale.
pub(super) fn language() -> Language {
    language_of(|name| std::env::var_os(name)?.into_string().ok())
}

/// Picks a language by its tag.
pub(super) fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::tag))
        .try_map(|tag| Language::of_tag(&tag).ok_or("no such language"))
}

/// The first of these variables that is set and not empty decides (POSIX.1, section 8.2).
fn language_of(variable: impl Fn(&str) -> Option<String>) -> Language {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let locale = names.into_iter().filter_map(variable).find(|locale| !locale.is_empty());
    locale.map(|locale| Language::of_locale(&locale)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |set: &[(&str, &str)]| {
            language_of(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), Language::En);
        assert_eq!(with(&[("LANG", "vi_VN.UTF-8")]), Language::Vi);
        assert_eq!(with(&[("LANG", "vi_VN.UTF-8"), ("LC_MESSAGES", "C")]), Language::En);
        assert_eq!(with(&[("LANG", "de_DE"), ("LC_MESSAGES", "vi")]), Language::Vi);
        assert_eq!(with(&[("LC_ALL", ""), ("LANG", "vi")]), Language::Vi);
        assert_eq!(with(&[("LC_ALL", "en_GB.UTF-8"), ("LANG", "vi")]), Language::En);
    }
}
